-- Periods inside the life of a series of ${survey} for which there is no figure, and why.
-- Grain: one row per series_id, year and period, of the series' own frequency.
-- Inputs: ${survey}_labels, ${survey}_data, ${survey}_revisions.
-- Units: none.
-- Columns:
-- date: first day of the period
-- why: no figure: a sign or a blank was printed; withdrawn: a figure was; never published: none was
-- value_text: what BLS printed in its place
-- footnote_codes: BLS's footnotes on it
create or replace view ${survey}_gaps as
with expected as (
    select
        l.series_id,
        l.title,
        f.letter,
        f.months,
        date_add('month', t.step * f.months, l.first_date) as date
    from ${survey}_labels as l
    inner join (
        values
        ('monthly', 'M', 1),
        ('quarterly', 'Q', 3),
        ('semiannual', 'S', 6)
    ) as f (frequency, letter, months) on f.frequency = l.frequency
    cross join unnest(
        sequence(0, date_diff('month', l.first_date, l.last_date) / f.months)
    ) as t (step)
),
named as (
    select
        e.series_id,
        e.title,
        e.date,
        year(e.date) as year,
        e.letter || lpad(cast((month(e.date) - 1) / e.months + 1 as varchar), 2, '0') as period
    from expected as e
),
printed as (
    select
        series_id,
        year,
        period,
        max(value) as value,
        max(value_text) as value_text,
        max(footnote_codes) as footnote_codes
    from ${survey}_data
    group by series_id, year, period
),
withdrawn as (
    select distinct series_id, year, period
    from ${survey}_revisions
    where change = 'withdrawn'
)
select
    n.series_id,
    n.year,
    n.period,
    n.date,
    case
        when p.series_id is not null then 'no figure'
        when w.series_id is not null then 'withdrawn'
        else 'never published'
    end as why,
    p.value_text,
    p.footnote_codes,
    n.title
from named as n
left join printed as p
    on p.series_id = n.series_id and p.year = n.year and p.period = n.period
left join withdrawn as w
    on w.series_id = n.series_id and w.year = n.year and w.period = n.period
where p.value is null
