-- One series as it was printed first and as it stands now.
-- Grain: one row per date.
-- Inputs: pr_prints.
-- Parameters: ? the series_id.
-- Units: of the series.
select
    date,
    min_by(value, print) as first_value,
    max_by(value, print) as latest_value,
    sum(revision) as total_revision,
    max(print) as prints,
    bool_or(is_first_print) as is_first_known
from pr_prints
where data_file = '0.Current' and period <> 'Q05' and series_id = ?
group by date
order by date
