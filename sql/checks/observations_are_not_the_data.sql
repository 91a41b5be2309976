-- Data files whose rows pr_observations loses or multiplies, by a code that a mapping file has twice.
-- Grain: one row per offending data_file; none is right.
-- Inputs: pr_data, pr_observations.
-- Guards: no report. A row is an error.
with expected as (
    select data_file, count(*) as row_count
    from pr_data
    group by data_file
),
found as (
    select data_file, count(*) as row_count
    from pr_observations
    group by data_file
)
select e.data_file, e.row_count as expected_rows, f.row_count as found_rows
from expected as e
left join found as f on f.data_file = e.data_file
where f.row_count is null or f.row_count <> e.row_count
