-- How many days after the end of a quarter BLS printed it first.
-- Grain: one row per release with first prints.
-- Inputs: pr_prints.
-- Units: days.
select
    release,
    min(days_after) as days_after,
    count(*) as first_prints
from pr_prints
where data_file = '0.Current' and is_first_print and period <> 'Q05'
group by release
order by release
