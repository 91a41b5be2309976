-- Mean and standard deviation of the annual US population, 2013 to 2018 inclusive.
-- Grain: one row per dataset.
-- Inputs: population.
-- Units: persons; both deviations are given, since n is small: stddev_samp divides by n - 1.
-- Columns:
-- first_year: the first of the years that were found
-- last_year: the last of them
-- years: how many were found, 6 at most
-- mean: of the annual population, persons
-- stddev_samp: standard deviation of a sample, persons
-- stddev_pop: standard deviation of a whole population, persons
create or replace view population_summary as
select
    dataset_name,
    min(year) as first_year,
    max(year) as last_year,
    count(*) as years,
    cast(avg(population) as decimal(18, 6)) as mean,
    cast(stddev_samp(population) as decimal(18, 6)) as stddev_samp,
    cast(stddev_pop(population) as decimal(18, 6)) as stddev_pop
from population
where year between 2013 and 2018
group by dataset_name
