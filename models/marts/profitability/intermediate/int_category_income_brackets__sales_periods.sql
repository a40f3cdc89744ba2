with

customers as (

    select
        customer_key,
        income_bracket,
        income_bracket_order
    from {{ ref('dim_customers') }}

),

periods as (

    select
        last_12_from,
        previous_12_from,
        has_previous_12
    from {{ ref('int_comparison_periods') }}

),

sales as (

    select
        sales.*,
        products.product_category_key,
        customers.income_bracket,
        {{ comparison_period('sales.order_date') }} as period
    from {{ ref('fact_sales') }} as sales
    cross join periods
    left join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    left join customers on sales.customer_key = customers.customer_key

),

sold as (

    select
        product_category_key,
        income_bracket,
        {% for period in ['last_12', 'previous_12'] -%}
        count(distinct case when period = '{{ period }}' then order_number end) as {{ period }}_orders,
        sum(case when period = '{{ period }}' then profit else 0 end) as {{ period }}_profit,
        {% endfor -%}
        sum(order_quantity) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit
    from sales
    group by
        product_category_key,
        income_bracket

),

brackets as (

    select
        income_bracket,
        min(income_bracket_order) as income_bracket_order
    from customers
    group by income_bracket

),

-- Unknown categories and brackets are included only if they have sales.
filled as (

    select
        categories.product_category_key,
        categories.category_name,
        brackets.income_bracket,
        brackets.income_bracket_order,
        {% for count in ['units', 'last_12_orders', 'previous_12_orders'] -%}
        cast(coalesce(sold.{{ count }}, 0) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in ['revenue', 'cost', 'profit', 'last_12_profit', 'previous_12_profit'] -%}
        cast(coalesce(sold.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        periods.has_previous_12
    from {{ ref('dim_product_categories') }} as categories
    cross join brackets
    cross join periods
    left join sold
        on
            categories.product_category_key = sold.product_category_key
            and brackets.income_bracket = sold.income_bracket
    where
        (categories.product_category_key <> -1 and brackets.income_bracket <> 'Unknown')
        or sold.product_category_key is not null

)

select * from filled
