{% set customer_groups = ['new', 'returning', 'unknown'] %}

with

first_orders as (

    select
        customer_key,
        order_date
    from {{ ref('fact_orders') }}
    where is_first_order

),

-- New in the month of the first order, also with the second order of that month.
orders as (

    select
        orders.*,
        cast(date_trunc('month', orders.order_date) as date) as month_start_date,
        case
            when first_orders.customer_key is null then 'unknown'
            when date_trunc('month', orders.order_date) = date_trunc('month', first_orders.order_date)
                then 'new'
            else 'returning'
        end as customer_group
    from {{ ref('fact_orders') }} as orders
    left join first_orders on orders.customer_key = first_orders.customer_key

),

ordered as (

    select
        month_start_date,
        count(*) as orders,
        count(distinct nullif(customer_key, -1)) as customers,
        sum(case when is_first_order then 1 else 0 end) as new_customers,
        sum(units) as units,
        sum(revenue) as revenue,
        {% for group in customer_groups -%}
        sum(case when customer_group = '{{ group }}' then 1 else 0 end) as {{ group }}_customer_orders,
        sum(case when customer_group = '{{ group }}' then revenue else 0 end)
            as {{ group }}_customer_revenue,
        {% endfor -%}
        sum(cost) as cost,
        sum(profit) as profit
    from orders
    group by month_start_date

),

returned as (

    select
        cast(date_trunc('month', return_date) as date) as month_start_date,
        sum(return_quantity) as return_units,
        sum(returned_value) as returned_value,
        sum(returned_profit) as returned_profit
    from {{ ref('int_returns__to_date') }}
    group by month_start_date

),

same_parts as (

    select
        month_start_date,
        sum(revenue) as same_part_revenue,
        sum(profit) as same_part_profit
    from {{ ref('int_sales_months') }}
    where is_same_part
    group by month_start_date

),

-- Months without sales or returns have zeros.
filled as (

    select
        months.*,
        {% for count in ['orders', 'customers', 'new_customers', 'units'] -%}
        cast(coalesce(ordered.{{ count }}, 0) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in ['revenue', 'cost', 'profit'] -%}
        cast(coalesce(ordered.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        {% for group in customer_groups -%}
        cast(coalesce(ordered.{{ group }}_customer_orders, 0) as bigint) as {{ group }}_customer_orders,
        cast(coalesce(ordered.{{ group }}_customer_revenue, 0) as numeric(18, 4))
            as {{ group }}_customer_revenue,
        {% endfor -%}
        cast(coalesce(returned.return_units, 0) as bigint) as return_units,
        cast(coalesce(returned.returned_value, 0) as numeric(18, 4)) as returned_value,
        cast(coalesce(returned.returned_profit, 0) as numeric(18, 4)) as returned_profit,
        cast(coalesce(same_parts.same_part_revenue, 0) as numeric(18, 4)) as same_part_revenue,
        cast(coalesce(same_parts.same_part_profit, 0) as numeric(18, 4)) as same_part_profit
    from {{ ref('int_months') }} as months
    left join ordered on months.month_start_date = ordered.month_start_date
    left join returned on months.month_start_date = returned.month_start_date
    left join same_parts on months.month_start_date = same_parts.month_start_date

)

select * from filled
