-- Every figure that ${survey} ever printed for an observation, as far as the lake has seen.
-- Grain: one row per data_file, series_id, year, period and print. A release that changed a footnote
-- alone is no print, nor is one that withdrew the observation.
-- Nobody can know whether a print was the first one in the lake's first vintage, after a release that
-- was missed, and where the figure bore BLS's mark of a revision at once.
-- Inputs: ${survey}_revisions, ${survey}_releases.
-- Units: value and revision in the unit of the series.
-- Columns:
-- date: first day of the period
-- period_end: its last day
-- print: 1 for the oldest that the lake knows
-- release_number: the place of the release among those that the lake has seen of the data file
-- released_at: when BLS wrote it, UTC
-- days_after: days from the end of the period to the release
-- revision: value less the one before it, exact; null of the oldest
-- is_first_print: whether BLS printed no figure before; null where nobody can know
create or replace view ${survey}_prints as
with printed as (
    select
        r.data_file,
        r.series_id,
        r.year,
        r.period,
        r.release,
        r.release_year,
        r.change,
        r.value,
        r.value_text,
        cast(r.value as decimal(18, 6)) - cast(r.previous_value as decimal(18, 6)) as revision,
        r.footnote_codes,
        row_number() over (
            partition by r.data_file, r.series_id, r.year, r.period order by r.release
        ) as print
    from ${survey}_revisions as r
    where r.change in ('first', 'added', 'revised', 'text')
)
select
    w.series_id,
    w.year,
    w.period,
    date_add('month', (w.year - 1970) * 12 + p.month - 1, date '1970-01-01') as date,
    date_add(
        'day', -1, date_add('month', (w.year - 1970) * 12 + p.month - 1 + p.months, date '1970-01-01')
    ) as period_end,
    w.print,
    w.release,
    n.number as release_number,
    n.released_at,
    date_diff(
        'day',
        date_add('month', (w.year - 1970) * 12 + p.month - 1 + p.months, date '1970-01-01'),
        cast(n.released_at as date)
    ) + 1 as days_after,
    w.value,
    w.value_text,
    w.revision,
    case
        when w.print > 1 then false
        when w.change = 'added' and not n.missed_before
            and not contains(split(w.footnote_codes, ','), 'R') then true
    end as is_first_print,
    w.change,
    w.footnote_codes,
    w.data_file,
    w.release_year
from printed as w
left join ${survey}_releases as n on n.data_file = w.data_file and n.release = w.release
left join ( -- every period that BLS uses
    values
    $periods
) as p (period, month, months, is_annual, period_name, frequency) on p.period = w.period
