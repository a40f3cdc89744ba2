with

backtested as (

    select
        measure,
        months_ahead,
        count(*) as backtests,
        {% for method in ['drift', 'naive'] -%}
        avg(abs(actual - {{ method }}_forecast)) as {{ method }}_error,
        sqrt(avg((actual - {{ method }}_forecast) * (actual - {{ method }}_forecast))) as {{ method }}_spread,
        {% endfor -%}
        avg(abs(actual - drift_forecast)) < avg(abs(actual - naive_forecast)) as is_drift
    from {{ ref('int_months__forecasts') }}
    where actual is not null
    group by
        measure,
        months_ahead

),

-- The errors are around 0, not around their mean: as many degrees of freedom as backtests.
chosen as (

    select
        latest.measure,
        latest.origin_month,
        latest.months_ahead,
        latest.drift_forecast,
        latest.naive_forecast,
        backtested.backtests,
        backtested.drift_error,
        backtested.naive_error,
        backtested.is_drift,
        case when backtested.is_drift then latest.drift_forecast else latest.naive_forecast end as forecast,
        case when backtested.is_drift then backtested.drift_spread else backtested.naive_spread end
        * cast(student_t.quantile as double precision) as half_width
    from {{ ref('int_months__forecasts') }} as latest
    inner join backtested
        on
            latest.measure = backtested.measure
            and latest.months_ahead = backtested.months_ahead
    inner join {{ ref('student_t') }} as student_t
        on
            backtested.backtests >= student_t.lower_degrees_of_freedom
            and backtested.backtests < student_t.upper_degrees_of_freedom
    where
        latest.is_latest
        and backtested.backtests >= {{ threshold('forecast_backtests') }}

),

final as (

    select
        measure,
        cast({{ dbt.dateadd('month', 'months_ahead', 'origin_month') }} as date) as month_start_date,
        cast(months_ahead as integer) as months_ahead,
        origin_month as last_complete_month,
        {% for column, expression in {
            'forecast': 'forecast',
            'forecast_low': 'forecast - half_width',
            'forecast_high': 'forecast + half_width',
            'drift_forecast': 'drift_forecast',
            'naive_forecast': 'naive_forecast',
            'drift_mean_absolute_error': 'drift_error',
            'naive_mean_absolute_error': 'naive_error',
        }.items() -%}
        cast(cast({{ expression }} as numeric(28, 10)) as numeric(18, 4)) as {{ column }},
        {% endfor -%}
        cast(backtests as bigint) as backtests,
        cast(case when is_drift then 'yearly drift' else 'naive' end as varchar(16)) as forecast_method
    from chosen

)

select * from final
