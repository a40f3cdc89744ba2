-- The rule in the past: the half of a category's models that earned most per day up to 180 and 365 days ago,
-- which the advice promotes, earned no more since then than the other half. Needs four models of a category.
with

cutoffs as (

    select
        as_of_date,
        as_of_date - 180 as cutoff_date
    from {{ ref('int_as_of_date') }}
    union all
    select
        as_of_date,
        as_of_date - 365 as cutoff_date
    from {{ ref('int_as_of_date') }}

),

models as (

    select
        cutoffs.cutoff_date,
        products.product_model_key,
        products.product_category_key,
        sum(case when sales.order_date <= cutoffs.cutoff_date then sales.profit else 0 end) as profit_before,
        sum(case when sales.order_date > cutoffs.cutoff_date then sales.profit else 0 end) as profit_after,
        max(case when sales.order_date <= cutoffs.cutoff_date then sales.order_date end) as last_sale_date
    from {{ ref('int_sales_days') }} as sales
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    inner join cutoffs on sales.order_date > cutoffs.cutoff_date - 365
    group by
        cutoffs.cutoff_date,
        products.product_model_key,
        products.product_category_key

),

on_sale as (

    select
        models.*,
        cast(models.profit_before as double precision)
        / least(365, models.cutoff_date - on_sale.first_sale_date + 1) as profit_per_day_before
    from models
    inner join {{ ref('int_product_groups__on_sale') }} as on_sale
        on
            models.product_model_key = on_sale.product_group_key
            and on_sale.product_level = 'model'
    where
        models.cutoff_date - models.last_sale_date <= {{ threshold('ended_days') }}
        and models.cutoff_date - on_sale.first_sale_date >= {{ threshold('product_new_days') }}

),

positioned as (

    select
        *,
        cume_dist() over (
            partition by cutoff_date, product_category_key order by profit_per_day_before
        ) > {{ threshold('product_high_profit') }} as is_high_profit
    from on_sale

)

select
    cutoff_date,
    product_category_key,
    avg(case when is_high_profit then cast(profit_after as double precision) end) as mean_of_promoted,
    avg(case when not is_high_profit then cast(profit_after as double precision) end) as mean_of_others
from positioned
group by
    cutoff_date,
    product_category_key
having
    count(*) >= 4
    and avg(case when is_high_profit then cast(profit_after as double precision) end)
    <= avg(case when not is_high_profit then cast(profit_after as double precision) end)
