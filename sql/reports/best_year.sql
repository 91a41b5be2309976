-- The report `best_year`, as it is printed.
-- Grain: one row per series_id, in its order.
-- Inputs: best_year, pr_data.
-- Units: as in the view. value_decimals is not printed: it is how many decimals BLS publishes of
-- the series, at least one, and value is printed with as many.
-- Picture: how many rows have each best_year.
-- Observations: value by series_id, best_year, Q01 Q02 Q03 Q04 Q05.
with published as (
    select series_id, cast(value as decimal(18, 6)) as value
    from pr_data
    where data_file = '0.Current'
),
precisions as (
    select
        series_id,
        max(
            case
                when value = cast(value as decimal(18, 1)) then 1
                when value = cast(value as decimal(18, 2)) then 2
                when value = cast(value as decimal(18, 3)) then 3
                when value = cast(value as decimal(18, 4)) then 4
                when value = cast(value as decimal(18, 5)) then 5
                else 6
            end
        ) as decimals
    from published
    where value is not null
    group by series_id
)
select
    b.series_id,
    b.best_year,
    b.value,
    b.quarters,
    b.tied_years,
    b.basis,
    coalesce(p.decimals, 1) as value_decimals
from best_year as b
left join precisions as p on p.series_id = b.series_id
order by b.series_id
