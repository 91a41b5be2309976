-- The report `series_population`, as it is printed.
-- Grain: one row per year, in its order.
-- Inputs: series_population.
-- Units: value in percent, population in persons.
select series_id, year, period, value, population
from series_population
order by series_id, year, period
