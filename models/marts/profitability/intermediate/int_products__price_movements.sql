with

sold as (

    select
        product_key,
        count(distinct unit_price) as prices,
        cast(min(unit_price) as numeric(18, 4)) as lowest_price,
        cast(max(unit_price) as numeric(18, 4)) as highest_price,
        sum(units) as units,
        sum(revenue) as revenue
    from {{ ref('int_sales_days') }}
    group by product_key

),

-- A month without sales has no price and no logarithm. A partial month would look like lower demand.
observed as (

    select
        sales.product_key,
        ln(cast(sum(sales.revenue) as double precision) / sum(sales.units)) as log_price,
        ln(cast(sum(sales.units) as double precision)) as log_units
    from {{ ref('int_sales_days') }} as sales
    inner join {{ ref('int_months') }} as months
        on cast(date_trunc('month', sales.order_date) as date) = months.month_start_date
    where months.is_complete_month
    group by
        sales.product_key,
        months.month_start_date
    having sum(sales.revenue) > 0

),

-- Only products whose price changed show how demand responds to price.
varied as (

    select
        product_key,
        avg(log_price) as mean_log_price,
        avg(log_units) as mean_log_units
    from observed
    group by product_key
    having exp(max(log_price) - min(log_price)) - 1 >= {{ threshold('elasticity_price_range') }}

),

-- Demeaned by product (fixed effects), so that the sums are additive over products.
deviations as (

    select
        observed.product_key,
        count(*) as periods,
        cast(sum(power(observed.log_price - varied.mean_log_price, 2)) as numeric(28, 12)) as price_squares,
        cast(sum(power(observed.log_units - varied.mean_log_units, 2)) as numeric(28, 12)) as units_squares,
        cast(
            sum((observed.log_price - varied.mean_log_price) * (observed.log_units - varied.mean_log_units))
            as numeric(28, 12)
        ) as cross_products
    from observed
    inner join varied on observed.product_key = varied.product_key
    group by observed.product_key

),

final as (

    select
        products.product_key,
        products.product_name,
        products.product_subcategory_key,
        cast(case when sold.product_key is null then 0 else 1 end as integer) as sold_products,
        cast(case when deviations.product_key is null then 0 else 1 end as integer) as varied_products,
        cast(coalesce(sold.prices, 0) as bigint) as prices,
        cast(coalesce(deviations.periods, 0) as bigint) as periods,
        sold.lowest_price,
        sold.highest_price,
        cast(coalesce(sold.units, 0) as bigint) as units,
        cast(coalesce(sold.revenue, 0) as numeric(18, 4)) as revenue,
        deviations.price_squares,
        deviations.units_squares,
        deviations.cross_products
    from {{ ref('dim_products') }} as products
    left join sold on products.product_key = sold.product_key
    left join deviations on products.product_key = deviations.product_key
    where products.product_key <> -1

)

select * from final
