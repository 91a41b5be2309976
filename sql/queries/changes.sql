-- What a release changed in pr.data.0.Current, the biggest moves first.
-- Grain: one row per observation that was added, revised or withdrawn.
-- Inputs: pr_changes.
-- Parameters: ? the release, 20250904T123000Z.
select
    change,
    sector_name,
    measure_text,
    duration_text,
    year,
    period,
    previous_value,
    value,
    difference,
    series_id
from pr_changes
where data_file = '0.Current' and release = ?
order by abs(difference) desc nulls last, series_id, year, period
