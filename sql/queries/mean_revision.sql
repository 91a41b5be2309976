-- How far the figures of each series were revised from one print to the next.
-- Grain: one row per series_id that was revised.
-- Inputs: pr_prints, pr_labels.
-- Units: of the series.
select
    l.title,
    count(*) as revisions,
    avg(p.revision) as mean_revision,
    avg(abs(p.revision)) as mean_absolute_revision,
    max(abs(p.revision)) as largest_revision,
    p.series_id
from pr_prints as p
inner join pr_labels as l on l.series_id = p.series_id
where p.data_file = '0.Current' and p.print > 1
group by p.series_id, l.title
order by mean_absolute_revision desc, p.series_id
