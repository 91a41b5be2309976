-- What a release changed in pr.data.0.Current, the biggest moves first.
-- Grain: one row per observation that was added, revised or withdrawn.
-- Inputs: pr_changes.
-- Parameters: ? the release, 20250904T123000Z.
select
    c.change,
    c.sector_name,
    c.measure_text,
    c.duration_text,
    c.year,
    c.period,
    c.previous_value,
    c.value,
    c.difference,
    c.series_id,
    c.value_text
from pr_changes as c
where c.data_file = '0.Current' and c.release = ?
order by abs(c.difference) desc nulls last, c.series_id, c.year, c.period
