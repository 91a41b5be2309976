-- What every series said for the latest quarter, in words.
-- Grain: one row per series_id that has a figure for that quarter.
-- Inputs: pr_observations.
-- Units: as measure_text and duration_text say.
with quarters as (
    select *
    from pr_observations
    where data_file = '0.Current' and not is_annual
),
latest as (
    select max(year * 10 + cast(substr(period, 3, 1) as integer)) as quarter
    from quarters
)
select
    q.sector_name,
    q.measure_text,
    q.duration_text,
    q.year,
    q.period_name,
    q.value,
    q.footnote_text
from quarters as q
inner join latest as l on l.quarter = q.year * 10 + cast(substr(q.period, 3, 1) as integer)
order by q.sector_name, q.measure_text, q.duration_text
