with

sold as (

    select
        cast(date_trunc('month', sales.order_date) as date) as month_start_date,
        products.product_category_key,
        count(distinct sales.order_number) as orders,
        count(distinct nullif(sales.customer_key, -1)) as customers,
        sum(sales.order_quantity) as units,
        sum(sales.revenue) as revenue,
        sum(sales.cost) as cost,
        sum(sales.profit) as profit,
        sum(case when sales.customer_key <> -1 then sales.revenue else 0 end) as known_customer_revenue
    from {{ ref('fact_sales') }} as sales
    left join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    group by
        month_start_date,
        products.product_category_key

),

returned as (

    select
        cast(date_trunc('month', returns.return_date) as date) as month_start_date,
        products.product_category_key,
        sum(returns.return_quantity) as return_units,
        sum(returns.returned_value) as returned_value,
        sum(returns.returned_profit) as returned_profit
    from {{ ref('int_returns__to_date') }} as returns
    left join {{ ref('dim_products') }} as products on returns.product_key = products.product_key
    group by
        month_start_date,
        products.product_category_key

),

-- The Unknown category is included only if it has sales or returns.
shown_categories as (

    select
        product_category_key,
        category_name
    from {{ ref('dim_product_categories') }}
    where
        product_category_key <> -1
        or product_category_key in (select sold.product_category_key from sold)
        or product_category_key in (select returned.product_category_key from returned)

),

filled as (

    select
        shown_categories.product_category_key,
        shown_categories.category_name,
        months.month_start_date,
        months.is_complete_month,
        months.has_last_year,
        {% for count in ['orders', 'customers', 'units'] -%}
        cast(coalesce(sold.{{ count }}, 0) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in ['revenue', 'cost', 'profit', 'known_customer_revenue'] -%}
        cast(coalesce(sold.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        cast(coalesce(returned.return_units, 0) as bigint) as return_units,
        cast(coalesce(returned.returned_value, 0) as numeric(18, 4)) as returned_value,
        cast(coalesce(returned.returned_profit, 0) as numeric(18, 4)) as returned_profit
    from shown_categories
    cross join {{ ref('int_months') }} as months
    left join sold
        on
            shown_categories.product_category_key = sold.product_category_key
            and months.month_start_date = sold.month_start_date
    left join returned
        on
            shown_categories.product_category_key = returned.product_category_key
            and months.month_start_date = returned.month_start_date

)

select * from filled
