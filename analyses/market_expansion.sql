select
    region,
    category_name,
    customers,
    buyers,
    cast(expected_buyers as numeric(18, 1)) as expected_buyers,
    cast(buyers_to_expected as numeric(18, 4)) as buyers_to_expected,
    cast(adjusted_p_value as numeric(18, 4)) as adjusted_p_value,
    cast(profit_per_buyer as numeric(18, 2)) as profit_per_buyer,
    cast(missing_profit as numeric(18, 2)) as missing_profit
from {{ ref('mart_market_expansion') }}
where is_shortfall
order by missing_profit desc, region asc, category_name asc
limit 20
