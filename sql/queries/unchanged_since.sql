-- How many figures no later release has changed, by the release that printed them last.
-- Grain: one row per release of pr.data.0.Current.
-- Inputs: pr_prints.
-- Units: counts of observations.
with last_prints as (
    select series_id, date, period, max_by(release, print) as release, max(print) as prints
    from pr_prints
    where data_file = '0.Current'
    group by series_id, date, period
)
select
    release,
    count(*) as unchanged_since,
    count_if(prints = 1) as never_changed,
    avg(prints) as mean_prints
from last_prints
group by release
order by release
