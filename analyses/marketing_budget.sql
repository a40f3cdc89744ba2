select
    region,
    category_name,
    value_group,
    base_share,
    recommended_share,
    cast(expected_180_day_profit as numeric(18, 2)) as expected_180_day_profit,
    allocation_rule,
    conflicts_with
from {{ ref('mart_budget_allocation') }}
where recommended_share > 0
order by recommended_share desc, region asc, category_name asc, value_group asc
limit 20
