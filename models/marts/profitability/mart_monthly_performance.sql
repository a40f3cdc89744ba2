with

ordered as (

    select
        cast(date_trunc('month', order_date) as date) as month_start_date,
        count(*) as orders,
        count(distinct nullif(customer_key, -1)) as customers,
        sum(case when is_first_order then 1 else 0 end) as new_customers,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit
    from {{ ref('fact_orders') }}
    group by month_start_date

),

returned as (

    select
        cast(date_trunc('month', return_date) as date) as month_start_date,
        sum(return_quantity) as return_units
    from {{ ref('fact_returns') }}
    group by month_start_date

),

measured as (

    select
        months.*,
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
    from {{ ref('int_months') }} as months
    left join ordered on months.month_start_date = ordered.month_start_date
    left join returned on months.month_start_date = returned.month_start_date
    left join {{ ref('int_months__year_over_year') }} as same_parts
        on months.month_start_date = same_parts.month_start_date

),

trailed as (

    select
        *,
        {% for measure in ['revenue', 'profit'] -%}
        sum({{ measure }}) over (
            order by month_start_date rows between 11 preceding and current row
        ) as trailing_{{ measure }},
        {% endfor -%}
        count(*) over (order by month_start_date rows between 11 preceding and current row) as trailing_months
    from measured

),

-- The trailing 12 months of a partial month include the rest of last year's month.
compared as (

    select
        {% for measure in ['revenue', 'profit'] -%}
        last_year.{{ measure }} as last_year_{{ measure }},
        last_year.same_part_{{ measure }} as last_year_same_part_{{ measure }},
        case
            when trailed.trailing_months < 12 then null
            when trailed.is_complete_month then trailed.trailing_{{ measure }}
            else trailed.trailing_{{ measure }} + last_year.{{ measure }} - last_year.same_part_{{ measure }}
        end as trailing_12_{{ measure }},
        {% endfor -%}
        trailed.*
    from trailed
    left join measured as last_year on trailed.last_year_month_start_date = last_year.month_start_date

),

final as (

    select
        month_start_date,
        year_number,
        month_number,
        is_complete_month,
        orders,
        customers,
        new_customers,
        cast(customers - new_customers as bigint) as returning_customers,
        units,
        revenue,
        cost,
        profit,
        -- Ratios
        {{ safe_divide('profit', 'revenue') }} as profit_margin,
        {{ safe_divide('revenue', 'orders') }} as average_order_value,
        {{ safe_divide('revenue', 'customers') }} as revenue_per_customer,
        return_units,
        {{ safe_divide('return_units', 'units') }} as return_rate,
        -- Trailing 12 months
        cast(trailing_12_revenue as numeric(18, 4)) as trailing_12_revenue,
        cast(trailing_12_profit as numeric(18, 4)) as trailing_12_profit,
        {{ safe_divide('trailing_12_profit', 'trailing_12_revenue') }} as trailing_12_profit_margin,
        -- Year over year
        last_year_revenue,
        last_year_profit,
        last_year_same_part_revenue,
        last_year_same_part_profit,
        {{ relative_change('revenue', 'last_year_same_part_revenue') }} as revenue_change,
        {{ relative_change('profit', 'last_year_same_part_profit') }} as profit_change,
        like_for_like_revenue,
        like_for_like_last_year_revenue,
        {{ relative_change('like_for_like_revenue', 'like_for_like_last_year_revenue') }}
            as like_for_like_change
    from compared

)

select * from final
