with

windowed as (

    select
        *,
        sum(orders) over (
            partition by product_category_key
            order by month_start_date rows unbounded preceding
        ) as orders_to_date,
        sum(revenue) over (partition by month_start_date) as all_revenue,
        sum(profit) over (partition by month_start_date) as all_profit,
        {% for measure in ['units', 'profit'] -%}
        sum({{ measure }}) over (
            partition by product_category_key
            order by month_start_date rows between 2 preceding and current row
        ) as recent_{{ measure }},
        sum({{ measure }}) over (
            partition by product_category_key
            order by month_start_date rows between 5 preceding and 3 preceding
        ) as previous_{{ measure }},
        {% endfor -%}
        sum(case when is_complete_month then 1 else 0 end) over (
            partition by product_category_key
            order by month_start_date rows between 5 preceding and current row
        ) as complete_months
    from {{ ref('int_category_months__like_for_like') }}

),

-- A trend needs six full months; a partial month would look like a decline.
trended as (

    select
        *,
        {% for period in ['recent', 'previous'] -%}
        {% for measure in ['units', 'profit'] -%}
        case when complete_months = 6 then {{ period }}_{{ measure }} end
            as {{ period }}_3_{{ measure }},
        {% endfor -%}
        {% endfor -%}
        abs(previous_profit) * {{ threshold('category_trend') }} as stable_difference
    from windowed

),

final as (

    select
        product_category_key,
        category_name,
        month_start_date,
        is_complete_month,
        -- Monthly orders are non-additive across categories; a running total is not summed by mistake.
        cast(orders_to_date as bigint) as orders_to_date,
        customers,
        units,
        revenue,
        cost,
        profit,
        -- Ratios
        {{ safe_divide('profit', 'revenue') }} as profit_margin,
        {{ safe_divide('revenue', 'orders') }} as average_order_value,
        {{ safe_divide('known_customer_revenue', 'customers') }} as revenue_per_customer,
        {{ safe_divide('revenue', 'all_revenue') }} as revenue_share,
        {{ share_of('profit', 'all_profit') }} as profit_share,
        -- Returns
        return_units,
        {{ safe_divide('return_units', 'units') }} as return_rate,
        {{ net_of_returns() }},
        -- Trend
        cast(recent_3_profit as numeric(18, 4)) as last_3_profit,
        cast(previous_3_profit as numeric(18, 4)) as previous_3_profit,
        {{ relative_change('recent_3_profit', 'previous_3_profit') }} as profit_change,
        cast(
            case
                when recent_3_units is null then null
                when recent_3_units = 0 and previous_3_units = 0 then 'not sold'
                when previous_3_units = 0 then 'new'
                when recent_3_units = 0 then 'ended'
                when recent_3_profit - previous_3_profit > stable_difference then 'growing'
                when recent_3_profit - previous_3_profit < -stable_difference then 'declining'
                else 'stable'
            end as varchar(16)
        ) as trend,
        -- Like for like
        {{ like_for_like_columns() | join(',\n        ') }}
    from trended

)

select * from final
