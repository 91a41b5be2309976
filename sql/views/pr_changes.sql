-- What each release added to, revised in or withdrew from the productivity data, in words.
-- Of a lake without labels, which version 0.1 made: else sql/templates/changes.sql makes it.
-- Grain: one row per data_file, release, series_id, year and period whose value, or the text in its
-- place, changed; the first vintage that the lake saw and mere footnotes are left out.
-- Inputs: pr_revisions, pr_series, pr_sector, pr_measure, pr_duration.
-- Units: value, previous_value and difference in the unit that measure_text and duration_text say.
-- Columns:
-- change: added, revised, text or withdrawn
-- difference: value less previous_value, exact; null where one of them is
-- release_year: year of the release; who names it beside the release reads that year's files only
create or replace view pr_changes as
select
    r.release,
    r.series_id,
    r.year,
    r.period,
    r.change,
    r.previous_value,
    r.value,
    cast(r.value as decimal(18, 6)) - cast(r.previous_value as decimal(18, 6)) as difference,
    c.sector_name,
    m.measure_text,
    u.duration_text,
    r.footnote_codes,
    r.data_file,
    r.release_year,
    r.previous_value_text,
    r.value_text
from pr_revisions as r
left join pr_series as s on s.series_id = r.series_id
left join pr_sector as c on c.sector_code = s.sector_code
left join pr_measure as m on m.measure_code = s.measure_code
left join pr_duration as u on u.duration_code = s.duration_code
where r.change in ('added', 'revised', 'text', 'withdrawn')
