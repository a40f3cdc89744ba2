{% set measures = ['revenue', 'profit'] %}

with

trailed as (

    select
        *,
        {% for measure in measures -%}
        sum({{ measure }}) over (
            order by month_start_date rows between 11 preceding and current row
        ) as trailing_{{ measure }},
        {% endfor -%}
        sum(case when begins_on_record then 1 else 0 end) over (
            order by month_start_date rows between 11 preceding and current row
        ) as trailing_months
    from {{ ref('int_months__like_for_like') }}

),

-- The trailing 12 months of a partial month include the rest of last year's month.
compared as (

    select
        {% for measure in measures -%}
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
    left join {{ ref('int_months__sales') }} as last_year
        on
            trailed.last_year_month_start_date = last_year.month_start_date
            and trailed.has_last_year

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
        {% for group in ['new', 'returning', 'unknown'] -%}
        {{ group }}_customer_orders,
        {{ group }}_customer_revenue,
        {% endfor -%}
        units,
        revenue,
        cost,
        profit,
        -- Ratios
        {{ safe_divide('profit', 'revenue') }} as profit_margin,
        {{ safe_divide('revenue', 'orders') }} as average_order_value,
        {{ safe_divide('revenue - unknown_customer_revenue', 'customers') }} as revenue_per_customer,
        -- Returns
        return_units,
        {{ safe_divide('return_units', 'units') }} as return_rate,
        {{ net_of_returns() }},
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
        -- Like for like
        {{ like_for_like_columns() | join(',\n        ') }}
    from compared

)

select * from final
