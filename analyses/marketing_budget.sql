select
    category_name,
    income_bracket,
    cast(contribution as numeric(18, 2)) as contribution,
    cast(profit_growth as numeric(18, 4)) as profit_growth,
    recommended_share,
    allocation_rule
from {{ ref('mart_budget_allocation') }}
where recommended_share > 0
order by recommended_share desc, category_name asc, income_bracket_order asc
