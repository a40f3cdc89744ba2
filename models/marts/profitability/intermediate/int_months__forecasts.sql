with

months as (
    {% for measure in ['revenue', 'profit'] %}
    select
        cast('{{ measure }}' as varchar(16)) as measure,
        month_start_date,
        cast({{ measure }} as double precision) as amount,
        row_number() over (order by month_start_date) as month_position
    from {{ ref('int_months__sales') }}
    where is_complete_month
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

steps as (
    {% for months_ahead in range(1, 7) %}
    select {{ months_ahead }} as months_ahead
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

last_months as (

    select
        measure,
        max(month_position) as last_position
    from months
    group by measure

),

-- From every month with a year before: what each method would have said then, and what came. The season
-- cancels out of the change from the same month, a twelfth of which is the drift.
forecasts as (

    select
        origins.measure,
        origins.month_start_date as origin_month,
        origins.month_position = last_months.last_position as is_latest,
        steps.months_ahead,
        origins.amount as naive_forecast,
        origins.amount + steps.months_ahead * (origins.amount - year_before.amount) / 12.0 as drift_forecast,
        actuals.amount as actual
    from months as origins
    cross join steps
    inner join last_months on origins.measure = last_months.measure
    inner join months as year_before
        on
            origins.measure = year_before.measure
            and origins.month_position - 12 = year_before.month_position
    left join months as actuals
        on
            origins.measure = actuals.measure
            and origins.month_position + steps.months_ahead = actuals.month_position

)

select * from forecasts
