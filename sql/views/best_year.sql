-- The best year of every productivity series: the one with the largest sum of its quarters.
-- Grain: one row per series_id of pr.data.0.Current.
-- Inputs: pr_data.
-- Units: value is the sum of the year's quarterly figures, in the series' own unit.
-- Q05 is BLS's annual figure, not a quarter. It is used only for series that have nothing else:
-- then basis is 'annual' and quarters is 0. On a tie the earliest year wins; tied_years counts
-- the years that share the maximum. Sums are of decimals, so that equal years compare equal.
-- Columns:
-- best_year: the year with the largest sum
-- value: the sum of that year's quarters, or its annual figure
-- quarters: how many quarters were summed; 0 where basis is annual
-- tied_years: how many years share the maximum
-- basis: quarters, or annual for a series that has nothing else
create or replace view best_year as
with figures as (
    select
        series_id,
        year,
        if(period = 'Q05', 'annual', 'quarters') as basis,
        cast(value as decimal(18, 6)) as value
    from pr_data
    where data_file = '0.Current' and period in ('Q01', 'Q02', 'Q03', 'Q04', 'Q05')
),
yearly as (
    select series_id, basis, year, sum(value) as value, count(value) as figures
    from figures
    group by series_id, basis, year
),
ranked as (
    select
        series_id,
        basis,
        year,
        value,
        figures,
        count(*) over (partition by series_id, basis, value) as tied_years,
        row_number() over (
            partition by series_id
            order by if(value is null, 1, 0), basis desc, value desc, year
        ) as place
    from yearly
)
select
    series_id,
    year as best_year,
    value,
    if(basis = 'quarters', figures, 0) as quarters,
    tied_years,
    basis
from ranked
where place = 1
