-- All series of all surveys that the lake has, in words.
-- Grain: one row per survey and series_id.
-- Inputs: $inputs.
-- Units: last_value in the unit that unit says, else the title.
-- Columns:
-- survey: its code
create or replace view series as
-- for each survey
select
    '${survey}' as survey,
    series_id,
    title,
    frequency,
    seasonal_text,
    unit,
    first_date,
    last_date,
    last_value
from ${survey}_labels
