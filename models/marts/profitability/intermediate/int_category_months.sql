with

months as (

    select
        month_start_date,
        is_complete_month
    from {{ ref('int_months') }}

),

categories as (

    select
        product_category_key,
        category_name
    from {{ ref('dim_product_categories') }}

),

products as (

    select
        product_key,
        product_category_key
    from {{ ref('dim_products') }}

),

sales as (

    select
        cast(date_trunc('month', order_date) as date) as month_start_date,
        product_key,
        order_number,
        customer_key,
        order_quantity,
        revenue,
        cost,
        profit
    from {{ ref('fact_sales') }}

),

returns as (

    select
        cast(date_trunc('month', return_date) as date) as month_start_date,
        product_key,
        return_quantity
    from {{ ref('fact_returns') }}

),

sold as (

    select
        sales.month_start_date,
        products.product_category_key,
        count(distinct sales.order_number) as orders,
        count(distinct nullif(sales.customer_key, -1)) as customers,
        sum(sales.order_quantity) as units,
        sum(sales.revenue) as revenue,
        sum(sales.cost) as cost,
        sum(sales.profit) as profit
    from sales
    left join products on sales.product_key = products.product_key
    group by
        sales.month_start_date,
        products.product_category_key

),

returned as (

    select
        returns.month_start_date,
        products.product_category_key,
        sum(returns.return_quantity) as return_units
    from returns
    left join products on returns.product_key = products.product_key
    group by
        returns.month_start_date,
        products.product_category_key

),

-- The Unknown category is left out until something falls into it.
shown_categories as (

    select
        product_category_key,
        category_name
    from categories
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
        {% for count in ['orders', 'customers', 'units'] -%}
        cast(coalesce(sold.{{ count }}, 0) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in ['revenue', 'cost', 'profit'] -%}
        cast(coalesce(sold.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        cast(coalesce(returned.return_units, 0) as bigint) as return_units
    from shown_categories
    cross join months
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
