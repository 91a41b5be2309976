-- The observations of ${survey} with everything that describes them, in words.
-- Grain: one row per data_file, series_id, year and period: that of ${survey}_data, no row is lost.
-- Inputs: ${survey}_data, ${survey}_labels, ${survey}_footnote. -- with footnote
-- Inputs: ${survey}_data, ${survey}_labels. -- without footnote
-- Units: value in the unit that unit says, else the title.
-- Columns:
-- period_name: the period in words
-- is_annual: whether it is an annual figure (M13, Q05, S03, A01), which must not be added to others
-- footnote_text: all footnotes of the observation in words
-- date: first day of the period, 1 January of annual figures; null of a period that nobody knows
create or replace view ${survey}_observations as
select
    d.series_id,
    d.year,
    d.period,
    cast(p.period_name as varchar) as period_name,
    coalesce(p.is_annual, false) as is_annual,
    d.value,
    $words
    d.footnote_codes,
    if( -- with footnote
        d.footnote_codes <> '', -- with footnote
        array_join( -- with footnote
            transform( -- with footnote
                filter(transform(split(d.footnote_codes, ','), c -> trim(c)), c -> c <> ''), -- with footnote
                c -> coalesce(element_at(f.words, c), c) -- with footnote
            ), -- with footnote
            '; ' -- with footnote
        ) -- with footnote
    ) as footnote_text, -- with footnote
    cast(null as varchar) as footnote_text, -- without footnote
    d.data_file,
    d.value_text,
    date_add('month', (d.year - 1970) * 12 + p.month - 1, date '1970-01-01') as date,
    l.title,
    l.frequency,
    $further
    l.unit
from ${survey}_data as d
left join ${survey}_labels as l on l.series_id = d.series_id
left join ( -- every period that BLS uses
    values
    $periods
) as p (period, month, months, is_annual, period_name, frequency) on p.period = d.period
cross join ( -- with footnote
    select map_agg(footnote_code, footnote_text) as words -- with footnote
    from ${survey}_footnote -- with footnote
) as f -- with footnote
