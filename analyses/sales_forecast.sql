select
    measure,
    month_start_date,
    cast(forecast as numeric(18, 2)) as forecast,
    cast(forecast_low as numeric(18, 2)) as forecast_low,
    cast(forecast_high as numeric(18, 2)) as forecast_high,
    forecast_method,
    cast(drift_mean_absolute_error as numeric(18, 2)) as drift_mean_absolute_error,
    cast(naive_mean_absolute_error as numeric(18, 2)) as naive_mean_absolute_error,
    backtests
from {{ ref('mart_monthly_forecast') }}
order by measure desc, month_start_date asc
limit 20
