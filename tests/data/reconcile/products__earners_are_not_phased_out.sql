-- A product or model to phase out earns more per day than the median product on sale.
with

products as (

    select
        cast('product' as varchar(16)) as product_level,
        product_name as product_group_name,
        sales_status,
        last_12_profit_per_day,
        recommended_action
    from {{ ref('mart_product_profitability') }}

),

models as (

    select
        cast('model' as varchar(16)) as product_level,
        model_name as product_group_name,
        sales_status,
        last_12_profit_per_day,
        recommended_action
    from {{ ref('mart_model_profitability') }}

),

median_product as (

    select
        percentile_cont(0.5) within group (
            order by cast(last_12_profit_per_day as double precision)
        ) as per_day
    from products
    where sales_status in ('on sale', 'new')

),

advised as (

    select *
    from products
    union all
    select *
    from models

)

select
    advised.product_level,
    advised.product_group_name,
    advised.last_12_profit_per_day,
    median_product.per_day as median_per_day
from advised
cross join median_product
where
    advised.recommended_action = 'phase out'
    and advised.last_12_profit_per_day > median_product.per_day + 0.000001
