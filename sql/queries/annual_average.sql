-- The mean of one series' quarters per year beside BLS's own annual figure, which may differ.
-- Grain: one row per year of the series.
-- Inputs: pr_observations.
-- Parameters: ? the series_id.
select
    year,
    avg(if(is_annual, null, value)) as mean_of_quarters,
    max(if(is_annual, value, null)) as annual_figure
from pr_observations
where data_file = '0.Current' and series_id = ?
group by year
order by year
