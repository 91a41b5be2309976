-- What each release added to, revised in or withdrew from the data of ${survey}, in words.
-- Grain: one row per data_file, release, series_id, year and period whose value, or the text in its
-- place, changed; the first vintage that the lake saw and mere footnotes are left out.
-- Inputs: ${survey}_revisions, ${survey}_labels.
-- Units: value, previous_value and difference in the unit that unit says, else the title.
-- Columns:
-- change: added, revised, text or withdrawn
-- difference: value less previous_value, exact; null where one of them is
-- release_year: year of the release; who names it beside the release reads that year's files only
create or replace view ${survey}_changes as
select
    r.release,
    r.series_id,
    r.year,
    r.period,
    r.change,
    r.previous_value,
    r.value,
    cast(r.value as decimal(18, 6)) - cast(r.previous_value as decimal(18, 6)) as difference,
    $texts
    r.footnote_codes,
    r.data_file,
    r.release_year,
    r.previous_value_text,
    r.value_text,
    l.title,
    l.unit
from ${survey}_revisions as r
left join ${survey}_labels as l on l.series_id = r.series_id
where r.change in ('added', 'revised', 'text', 'withdrawn')
