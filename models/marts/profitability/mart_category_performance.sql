with

category_months as (

    select
        product_category_key,
        category_name,
        month_start_date,
        is_complete_month,
        orders,
        customers,
        units,
        revenue,
        cost,
        profit,
        return_units
    from {{ ref('int_category_months') }}

),

windowed as (

    select
        product_category_key,
        category_name,
        month_start_date,
        is_complete_month,
        orders,
        customers,
        units,
        revenue,
        cost,
        profit,
        return_units,
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
        count(*) over (
            partition by product_category_key
            order by month_start_date rows between 5 preceding and current row
        ) as months_seen
    from category_months

),

-- A part month would look like a decline.
trended as (

    select
        product_category_key,
        month_start_date,
        recent_units,
        recent_profit,
        previous_units,
        previous_profit,
        recent_profit - previous_profit as profit_difference,
        abs(previous_profit) * {{ threshold('category_trend') }} as stable_difference
    from windowed
    where
        is_complete_month
        and months_seen = 6

),

final as (

    select
        windowed.product_category_key,
        windowed.category_name,
        windowed.month_start_date,
        windowed.is_complete_month,
        -- An order can hold several categories: a column of orders would add up to more than there are. The
        -- number to date is a level, which nobody adds up.
        cast(windowed.orders_to_date as bigint) as orders_to_date,
        windowed.customers,
        windowed.units,
        windowed.revenue,
        windowed.cost,
        windowed.profit,
        {{ safe_divide('windowed.profit', 'windowed.revenue') }} as profit_margin,
        {{ safe_divide('windowed.revenue', 'windowed.orders') }} as average_order_value,
        {{ safe_divide('windowed.revenue', 'windowed.customers') }} as revenue_per_customer,
        windowed.return_units,
        {{ safe_divide('windowed.return_units', 'windowed.units') }} as return_rate,
        {{ safe_divide('windowed.revenue', 'windowed.all_revenue') }} as revenue_share,
        {{ share_of('windowed.profit', 'windowed.all_profit') }} as profit_share,
        cast(trended.recent_profit as numeric(18, 4)) as last_3_profit,
        cast(trended.previous_profit as numeric(18, 4)) as previous_3_profit,
        {{ relative_change('trended.recent_profit', 'trended.previous_profit') }} as profit_change,
        cast(
            case
                when trended.recent_units is null then null
                when trended.recent_units = 0 and trended.previous_units = 0 then 'not sold'
                when trended.previous_units = 0 then 'new'
                when trended.recent_units = 0 then 'ended'
                when trended.profit_difference > trended.stable_difference then 'growing'
                when trended.profit_difference < -trended.stable_difference then 'declining'
                else 'stable'
            end as varchar(16)
        ) as trend
    from windowed
    left join trended
        on
            windowed.product_category_key = trended.product_category_key
            and windowed.month_start_date = trended.month_start_date

)

select * from final
