-- Every first-quarter value of one productivity series beside that year's US population.
-- Grain: one row per year of PRS30006032, period Q01, in pr.data.0.Current.
-- Inputs: pr_data, population.
-- Units: value in percent (change of manufacturing hours from the quarter before, at an annual
-- rate); population in persons, by ACS 1-year, null where that has no such year (2020).
-- Columns:
-- population: resident population of that year by ACS 1-year, persons; null where that has none
create or replace view series_population as
select d.series_id, d.year, d.period, d.value, p.population
from pr_data as d
left join population as p on p.year = d.year and p.dataset = 'acs1'
where d.data_file = '0.Current' and d.series_id = 'PRS30006032' and d.period = 'Q01'
