-- One series as each of the last three releases told it, side by side.
-- Grain: one row per date.
-- Inputs: pr_prints, pr_releases.
-- Parameters: ? the series_id.
-- Units: of the series.
with latest as (
    select max(number) as number
    from pr_releases
    where data_file = '0.Current'
)
select
    p.date,
    max_by(p.value, p.print) filter (where p.release_number <= l.number - 2) as two_before,
    max_by(p.value, p.print) filter (where p.release_number <= l.number - 1) as one_before,
    max_by(p.value, p.print) as latest
from pr_prints as p
cross join latest as l
where p.data_file = '0.Current' and p.period <> 'Q05' and p.series_id = ?
group by p.date
order by p.date
