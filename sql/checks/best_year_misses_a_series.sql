-- Series of pr.data.0.Current that the report best_year lost, or has twice.
-- Grain: one row per offending series_id; none is right.
-- Inputs: pr_data, best_year.
-- Guards: best_year. A row is an error.
with expected as (
    select distinct series_id
    from pr_data
    where data_file = '0.Current'
),
found as (
    select series_id, count(*) as rows_found
    from best_year
    group by series_id
)
select e.series_id, coalesce(f.rows_found, 0) as rows_found
from expected as e
left join found as f on f.series_id = e.series_id
where coalesce(f.rows_found, 0) <> 1
