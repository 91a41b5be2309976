-- Every observation as it was known after a release.
-- Grain: one row per data_file, series_id, year and period that was published then.
-- Inputs: pr_revisions.
-- Parameters: ? the release, 20250904T123000Z. Before a file's first release nothing is known of it:
-- no row comes.
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
    where r.release <= ?
)
select data_file, series_id, year, period, value, footnote_codes, value_text
from known
where place = 1 and change <> 'withdrawn'
