-- The productivity observations with everything that describes them, in words.
-- Of a lake without labels, which version 0.1 made: else sql/templates/observations.sql makes it.
-- Grain: one row per data_file, series_id, year and period: that of pr_data, no row is lost.
-- Inputs: pr_data, pr_series, pr_sector, pr_class, pr_measure, pr_duration, pr_seasonal, pr_period,
--         pr_footnote.
-- Units: value in the unit that measure_text and duration_text say.
-- is_annual marks BLS's annual figures (Q05), which must not be added to quarters.
-- footnote_text is there for a single footnote code; several codes stand in footnote_codes.
-- Columns:
-- is_annual: whether the figure is BLS's annual one (Q05)
-- footnote_text: the footnote in words, where there is exactly one
create or replace view pr_observations as
select
    d.series_id,
    d.year,
    d.period,
    p.period_name,
    d.period = 'Q05' as is_annual,
    d.value,
    s.sector_code,
    c.sector_name,
    s.class_code,
    k.class_text,
    s.measure_code,
    m.measure_text,
    s.duration_code,
    u.duration_text,
    s.seasonal,
    a.seasonal_text,
    s.base_year,
    d.footnote_codes,
    f.footnote_text,
    d.data_file,
    d.value_text
from pr_data as d
left join pr_series as s on s.series_id = d.series_id
left join pr_sector as c on c.sector_code = s.sector_code
left join pr_class as k on k.class_code = s.class_code
left join pr_measure as m on m.measure_code = s.measure_code
left join pr_duration as u on u.duration_code = s.duration_code
left join pr_seasonal as a on a.seasonal_code = s.seasonal
left join pr_period as p on p.period = d.period
left join pr_footnote as f on f.footnote_code = d.footnote_codes
