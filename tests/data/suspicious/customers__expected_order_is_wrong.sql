-- Customers expected to be worth more were worth less. Only where there are enough groups to compare.
select
    cutoff_date,
    horizon_days,
    life_table_groups,
    rank_correlation,
    top_decile_lift
from {{ ref('mart_customer_value_backtest') }}
where
    value_group = 'all'
    and is_latest
    and life_table_groups >= {{ threshold('backtest_groups') }}
    and (
        rank_correlation < {{ threshold('backtest_rank_correlation') }}
        or top_decile_lift < {{ threshold('backtest_top_decile_lift') }}
    )
