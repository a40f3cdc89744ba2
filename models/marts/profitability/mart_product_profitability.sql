with

sales as (

    select
        *,
        sum(last_12_profit) over (partition by product_model_key) as model_last_12_profit
    from {{ ref('int_product_groups__sales_periods') }}
    where product_level = 'product'

),

buyers as (

    select
        product_key,
        orders,
        customers
    from {{ ref('int_products__sales_periods') }}

),

advice as (

    select *
    from {{ ref('int_product_groups__advice') }}
    where product_level = 'product'

),

final as (

    select
        products.product_key,
        products.product_sku,
        products.product_name,
        products.product_model_key,
        products.model_name,
        products.product_subcategory_key,
        products.subcategory_name,
        products.product_category_key,
        products.category_name,
        products.product_price,
        products.product_cost,
        sales.units > 0 as is_sold,
        buyers.orders,
        buyers.customers,
        {{ safe_divide('sales.revenue', 'buyers.customers') }} as revenue_per_customer,
        {{ share_of('sales.last_12_profit', 'sales.model_last_12_profit') }} as share_of_model_profit,
        {{ product_group_figures('sales', 'advice') }}
    from {{ ref('dim_products') }} as products
    inner join sales on products.product_key = sales.product_group_key
    inner join buyers on products.product_key = buyers.product_key
    inner join advice on products.product_key = advice.product_group_key

)

select * from final
