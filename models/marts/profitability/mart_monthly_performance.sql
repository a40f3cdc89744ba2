with

months as (

    select
        month_start_date,
        year_number,
        month_number,
        last_year_month_start_date,
        is_complete_month
    from {{ ref('int_months') }}

),

orders as (

    select
        cast(date_trunc('month', order_date) as date) as month_start_date,
        customer_key,
        is_first_order,
        units,
        revenue,
        cost,
        profit
    from {{ ref('fact_orders') }}

),

returns as (

    select
        cast(date_trunc('month', return_date) as date) as month_start_date,
        return_quantity
    from {{ ref('fact_returns') }}

),

same_parts as (

    select
        month_start_date,
        same_part_revenue,
        same_part_profit,
        like_for_like_revenue,
        like_for_like_last_year_revenue
    from {{ ref('int_months__year_over_year') }}

),

ordered as (

    select
        month_start_date,
        count(*) as orders,
        count(distinct nullif(customer_key, -1)) as customers,
        sum(case when is_first_order then 1 else 0 end) as new_customers,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit
    from orders
    group by month_start_date

),

returned as (

    select
        month_start_date,
        sum(return_quantity) as return_units
    from returns
    group by month_start_date

),

measured as (

    select
        months.month_start_date,
        months.year_number,
        months.month_number,
        months.last_year_month_start_date,
        months.is_complete_month,
        {% for count in ['orders', 'customers', 'new_customers', 'units'] -%}
        cast(coalesce(ordered.{{ count }}, 0) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in ['revenue', 'cost', 'profit'] -%}
        cast(coalesce(ordered.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        cast(coalesce(returned.return_units, 0) as bigint) as return_units,
        same_parts.same_part_revenue,
        same_parts.same_part_profit,
        same_parts.like_for_like_revenue,
        same_parts.like_for_like_last_year_revenue
    from months
    left join ordered on months.month_start_date = ordered.month_start_date
    left join returned on months.month_start_date = returned.month_start_date
    left join same_parts on months.month_start_date = same_parts.month_start_date

),

trailed as (

    select
        month_start_date,
        {% for measure in ['revenue', 'profit'] -%}
        sum({{ measure }}) over (
            order by month_start_date rows between 11 preceding and current row
        ) as {{ measure }},
        {% endfor -%}
        count(*) over (order by month_start_date rows between 11 preceding and current row) as months
    from measured

),

-- The rest of last year's month makes the twelve months of a part month full.
compared as (

    select
        {% for measure in ['revenue', 'profit'] -%}
        last_year.{{ measure }} as last_year_{{ measure }},
        last_year.same_part_{{ measure }} as last_year_same_part_{{ measure }},
        case
            when trailed.months < 12 then null
            when measured.is_complete_month then trailed.{{ measure }}
            else trailed.{{ measure }} + last_year.{{ measure }} - last_year.same_part_{{ measure }}
        end as trailing_12_{{ measure }},
        {% endfor -%}
        measured.month_start_date
    from measured
    inner join trailed on measured.month_start_date = trailed.month_start_date
    left join measured as last_year on measured.last_year_month_start_date = last_year.month_start_date

),

final as (

    select
        measured.month_start_date,
        measured.year_number,
        measured.month_number,
        measured.is_complete_month,
        measured.orders,
        measured.customers,
        measured.new_customers,
        cast(measured.customers - measured.new_customers as bigint) as returning_customers,
        measured.units,
        measured.revenue,
        measured.cost,
        measured.profit,
        {{ safe_divide('measured.profit', 'measured.revenue') }} as profit_margin,
        {{ safe_divide('measured.revenue', 'measured.orders') }} as average_order_value,
        {{ safe_divide('measured.revenue', 'measured.customers') }} as revenue_per_customer,
        measured.return_units,
        {{ safe_divide('measured.return_units', 'measured.units') }} as return_rate,
        cast(compared.trailing_12_revenue as numeric(18, 4)) as trailing_12_revenue,
        cast(compared.trailing_12_profit as numeric(18, 4)) as trailing_12_profit,
        {{ safe_divide('compared.trailing_12_profit', 'compared.trailing_12_revenue') }}
            as trailing_12_profit_margin,
        compared.last_year_revenue,
        compared.last_year_profit,
        compared.last_year_same_part_revenue,
        compared.last_year_same_part_profit,
        {{ relative_change('measured.revenue', 'compared.last_year_same_part_revenue') }} as revenue_change,
        {{ relative_change('measured.profit', 'compared.last_year_same_part_profit') }} as profit_change,
        measured.like_for_like_revenue,
        measured.like_for_like_last_year_revenue,
        {{ relative_change('measured.like_for_like_revenue', 'measured.like_for_like_last_year_revenue') }}
            as like_for_like_change
    from measured
    inner join compared on measured.month_start_date = compared.month_start_date

)

select * from final
