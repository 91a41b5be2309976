-- The report `population_summary`, as it is printed.
-- Grain: one row per dataset, in the order of its name.
-- Inputs: population_summary.
-- Units: persons.
-- Population: mean, stddev_samp, stddev_pop.
select dataset_name, first_year, last_year, years, mean, stddev_samp, stddev_pop
from population_summary
order by dataset_name
