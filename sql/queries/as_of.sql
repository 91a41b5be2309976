-- Every observation as it was known at the end of a day, US Eastern time.
-- Grain: one row per data_file, series_id, year and period that was published then.
-- Inputs: pr_revisions.
-- Parameters: ? the date, 2025-09-04. That day ends at 05:00 UTC of the next, 04:00 in summer, when
-- nothing is published. Before a file's first release nothing is known of it: no row comes.
with known as (
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
    -- Athena takes a parameter in a WHERE, and nowhere else.
    where r.release <= date_format(date_add('day', 1, cast(? as date)), '%Y%m%d') || 'T050000Z'
)
select data_file, series_id, year, period, value, footnote_codes, value_text
from known
where place = 1 and change <> 'withdrawn'
