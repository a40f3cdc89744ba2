with

measured as (

    select
        *,
        sum(units) over (partition by product_category_key) > 0 as is_category_sold,
        sum(profit) over () as all_profit,
        case
            when has_previous_12 then {{ relative_change('last_12_profit', 'previous_12_profit') }}
        end as profit_growth,
        -- Volume is judged within the category, since units of bicycles and bottles are not comparable.
        case
            when last_12_units > 0
                then
                    cume_dist() over (
                        partition by product_category_key, last_12_units > 0
                        order by last_12_units
                    )
        end as volume_position
    from {{ ref('int_products__sales_periods') }}

),

judged as (

    select
        *,
        {{ safe_divide('last_12_profit', 'last_12_revenue') }}
        >= {{ threshold('product_high_margin') }} as is_high_margin,
        volume_position > {{ threshold('product_high_volume') }} as is_high_volume,
        days_since_first_sale < {{ threshold('product_new_days') }} as is_new,
        units >= {{ threshold('product_return_rate_small_base') }}
        and {{ safe_divide('return_units', 'units') }}
        >= {{ threshold('product_high_return_rate') }} as has_high_return_rate,
        profit_growth <= {{ threshold('product_declining') }} as is_declining
    from measured

),

advised as (

    select
        *,
        case
            when is_high_volume and is_high_margin then 'high volume, high margin'
            when is_high_volume then 'high volume, low margin'
            when is_high_margin then 'low volume, high margin'
            when last_12_units > 0 then 'low volume, low margin'
        end as quadrant,
        case
            {%- for condition, action, reason in product_action_rules() %}
            when {{ condition }} then '{{ action }}'
            {%- endfor %}
        end as recommended_action,
        case
            {%- for condition, action, reason in product_action_rules() %}
            when {{ condition }} then '{{ reason }}'
            {%- endfor %}
        end as action_reason
    from judged

),

final as (

    select
        products.product_key,
        products.product_sku,
        products.product_name,
        products.product_subcategory_key,
        products.subcategory_name,
        products.product_category_key,
        products.category_name,
        products.product_price,
        products.product_cost,
        -- Sales
        advised.units > 0 as is_sold,
        advised.first_sale_date,
        advised.last_sale_date,
        advised.orders,
        advised.customers,
        advised.units,
        advised.revenue,
        advised.cost,
        advised.profit,
        -- Ratios
        {{ safe_divide('advised.profit', 'advised.revenue') }} as profit_margin,
        {{ safe_divide('advised.revenue', 'advised.customers') }} as revenue_per_customer,
        advised.return_units,
        {{ safe_divide('advised.return_units', 'advised.units') }} as return_rate,
        {{ share_of('advised.profit', 'advised.all_profit') }} as profit_share,
        cast(
            case
                when advised.units > 0
                    then rank() over (partition by advised.units > 0 order by advised.profit desc)
            end as integer
        ) as profit_rank,
        -- Last 12 months and the 12 before
        {% for period in ['last_12', 'previous_12'] -%}
        advised.{{ period }}_units,
        advised.{{ period }}_revenue,
        advised.{{ period }}_profit,
        {% endfor -%}
        advised.profit_growth,
        -- Advice
        cast(advised.volume_position as numeric(18, 6)) as volume_position,
        cast(advised.quadrant as varchar(32)) as quadrant,
        cast(advised.recommended_action as varchar(16)) as recommended_action,
        cast(advised.action_reason as varchar(256)) as action_reason
    from {{ ref('dim_products') }} as products
    inner join advised on products.product_key = advised.product_key

)

select * from final
