-- The series of ${survey} as dated figures: one a period, of the series' own frequency alone.
-- Grain: one row per series_id and date. Of an observation that stands in several data files it is
-- that of the newest one, of the first by name among equals. Annual averages of monthly, quarterly and
-- half-yearly series are left out; a series that has nothing else is annual.
-- Inputs: ${survey}_data, ${survey}_releases, ${survey}_labels.
-- Units: value in the unit that unit says in ${survey}_labels, else the title.
-- Columns:
-- date: first day of the period
create or replace view ${survey}_values as
with newest as (
    select data_file, max(release) as release
    from ${survey}_releases
    group by data_file
),
ranked as (
    select
        d.series_id,
        d.year,
        d.period,
        d.value,
        d.value_text,
        d.footnote_codes,
        d.data_file,
        row_number() over (
            partition by d.series_id, d.year, d.period order by n.release desc, d.data_file
        ) as place
    from ${survey}_data as d
    left join newest as n on n.data_file = d.data_file
)
select
    r.series_id,
    date_add('month', (r.year - 1970) * 12 + p.month - 1, date '1970-01-01') as date,
    r.value,
    r.value_text,
    r.footnote_codes,
    r.year,
    r.period,
    r.data_file
from ranked as r
inner join ${survey}_labels as l on l.series_id = r.series_id
inner join ( -- every period that BLS uses
    values
    $periods
) as p (period, month, months, is_annual, period_name, frequency) on p.period = r.period
where r.place = 1 and (p.frequency = l.frequency or (p.is_annual and l.frequency = 'annual'))
