-- Observations of pr.data.0.Current that pr.data.1.AllData has otherwise, or has not.
-- Grain: one row per offending series_id, year and period; none is right.
-- Inputs: pr_data. The check has nothing to say where only one of the files was landed.
-- Guards: best_year, series_population. A row is a warning.
with all_data as (
    select series_id, year, period, value
    from pr_data
    where data_file = '1.AllData'
)
select c.series_id, c.year, c.period, c.value as current_value, a.value as all_data_value
from pr_data as c
left join all_data as a
    on a.series_id = c.series_id and a.year = c.year and a.period = c.period
where
    c.data_file = '0.Current'
    and (select count(*) from all_data) > 0
    and (a.series_id is null or c.value is distinct from a.value)
