select
    cutoff_date,
    horizon_days,
    value_group,
    customers,
    cast(ordered_share as numeric(18, 4)) as ordered_share,
    cast(expected_profit_per_customer as numeric(18, 2)) as expected_profit_each,
    cast(profit_per_customer as numeric(18, 2)) as profit_each,
    cast(rank_correlation as numeric(18, 2)) as rank_correlation,
    cast(top_decile_lift as numeric(18, 2)) as top_decile_lift
from {{ ref('mart_customer_value_backtest') }}
where is_latest
order by
    horizon_days asc,
    expected_profit_per_customer desc,
    value_group asc
