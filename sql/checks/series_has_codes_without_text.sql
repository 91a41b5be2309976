-- Series with a code that the survey's mapping file does not explain.
-- Grain: one row per offending series_id; none is right.
-- Inputs: pr_series, pr_sector, pr_class, pr_measure, pr_duration.
-- Guards: no report. A row is a warning.
select s.series_id, s.sector_code, s.class_code, s.measure_code, s.duration_code
from pr_series as s
left join pr_sector as c on c.sector_code = s.sector_code
left join pr_class as k on k.class_code = s.class_code
left join pr_measure as m on m.measure_code = s.measure_code
left join pr_duration as u on u.duration_code = s.duration_code
where
    c.sector_code is null
    or k.class_code is null
    or m.measure_code is null
    or u.duration_code is null
