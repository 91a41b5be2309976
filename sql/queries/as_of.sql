-- Every observation as it was known at a moment.
-- Grain: one row per data_file, series_id, year and period that was published then.
-- Inputs: pr_revisions.
-- Parameters: ? the moment: a release, 20250904T123000Z, or a date, 2025-09-04, which means its end
-- in US Eastern time, 05:00 UTC. Before a file's first release nothing is known of it: no row comes.
with asked as (
    select ? as moment
),
until as (
    select
        if(
            length(moment) = 10,
            date_format(date_add('day', 1, cast(substr(moment, 1, 10) as date)), '%Y%m%d')
            || 'T050000Z',
            moment
        ) as moment
    from asked
),
known as (
    select
        r.data_file,
        r.series_id,
        r.year,
        r.period,
        r.value,
        r.footnote_codes,
        r.value_text,
        r.change,
        row_number() over (
            partition by r.data_file, r.series_id, r.year, r.period order by r.release desc
        ) as place
    from pr_revisions as r
    -- A cross join with one row of constants: Trino puts them in its place, and the year then
    -- selects partitions. With the condition in the join it would read them all.
    cross join until as u
    where r.release_year <= substr(u.moment, 1, 4) and r.release <= u.moment
)
select data_file, series_id, year, period, value, footnote_codes, value_text
from known
where place = 1 and change <> 'withdrawn'
