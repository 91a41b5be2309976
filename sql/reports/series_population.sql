-- The report `series_population`, as it is printed.
-- Grain: one row per year, in its order.
-- Inputs: series_population.
-- Units: value in percent, population in persons.
-- Picture: value above population, by year.
-- Observations: value by series_id, year, period.
-- Population: population by year of acs1.
select series_id, year, period, value, population
from series_population
order by series_id, year, period
