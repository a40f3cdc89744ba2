{# The first rule that applies decides. #}
{%- set rules = [
    (
        'units = 0 and is_category_sold', 'phase out',
        'Never sold, though other products of its category are.',
    ),
    (
        'units = 0', 'review',
        'Never sold, like its whole category: find out whether it is meant for sale at all.',
    ),
    (
        'last_12_units = 0', 'phase out',
        'Sold before, but not once in the last 12 months.',
    ),
    (
        'is_new', 'keep',
        'On sale for too short a time to judge.',
    ),
    (
        'has_high_return_rate', 'review',
        'Many units come back: find out why before selling more.',
    ),
    (
        'is_high_volume and is_high_margin', 'keep',
        'Sells well at a high margin.',
    ),
    (
        'is_high_volume', 'reprice',
        'Sells well, but at a low margin: a higher price or a lower cost pays most here.',
    ),
    (
        'is_high_margin', 'promote',
        'Earns a high margin, but sells little for its category.',
    ),
    (
        'is_declining', 'phase out',
        'Sells little for its category at a low margin, and its profit is declining.',
    ),
    (
        'true', 'review',
        'Sells little for its category at a low margin.',
    ),
] -%}

with

products as (

    select
        product_key,
        product_sku,
        product_name,
        product_subcategory_key,
        subcategory_name,
        product_category_key,
        category_name,
        product_price,
        product_cost
    from {{ ref('dim_products') }}

),

measured as (

    select
        product_key,
        product_category_key,
        orders,
        customers,
        units,
        revenue,
        cost,
        profit,
        return_units,
        first_sale_date,
        last_sale_date,
        days_since_first_sale,
        last_12_units,
        last_12_revenue,
        last_12_profit,
        previous_12_units,
        previous_12_revenue,
        previous_12_profit,
        sum(units) over (partition by product_category_key) > 0 as is_category_sold,
        sum(profit) over () as all_profit,
        case
            when has_previous_12 then {{ relative_change('last_12_profit', 'previous_12_profit') }}
        end as profit_growth
    from {{ ref('int_products__sales_periods') }}

),

-- Units of a bicycle and of a bottle do not compare: volume is judged within the category.
placed as (

    select
        product_key,
        cume_dist() over (partition by product_category_key order by last_12_units) as volume_position
    from measured
    where last_12_units > 0

),

judged as (

    select
        measured.product_key,
        measured.units,
        measured.last_12_units,
        measured.is_category_sold,
        {{ safe_divide('measured.last_12_profit', 'measured.last_12_revenue') }}
        >= {{ threshold('product_high_margin') }} as is_high_margin,
        placed.volume_position,
        placed.volume_position > {{ threshold('product_high_volume') }} as is_high_volume,
        measured.days_since_first_sale < {{ threshold('product_new_days') }} as is_new,
        measured.units >= {{ threshold('product_return_rate_small_base') }}
        and {{ safe_divide('measured.return_units', 'measured.units') }}
        >= {{ threshold('product_high_return_rate') }} as has_high_return_rate,
        measured.profit_growth <= {{ threshold('product_declining') }} as is_declining
    from measured
    left join placed on measured.product_key = placed.product_key

),

advised as (

    select
        product_key,
        volume_position,
        case
            when is_high_volume and is_high_margin then 'high volume, high margin'
            when is_high_volume then 'high volume, low margin'
            when is_high_margin then 'low volume, high margin'
            when last_12_units > 0 then 'low volume, low margin'
        end as quadrant,
        case
            {%- for condition, action, reason in rules %}
            when {{ condition }} then '{{ action }}'
            {%- endfor %}
        end as recommended_action,
        case
            {%- for condition, action, reason in rules %}
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
        measured.units > 0 as is_sold,
        measured.first_sale_date,
        measured.last_sale_date,
        measured.orders,
        measured.customers,
        measured.units,
        measured.revenue,
        measured.cost,
        measured.profit,
        {{ safe_divide('measured.profit', 'measured.revenue') }} as profit_margin,
        {{ safe_divide('measured.revenue', 'measured.customers') }} as revenue_per_customer,
        measured.return_units,
        {{ safe_divide('measured.return_units', 'measured.units') }} as return_rate,
        {{ share_of('measured.profit', 'measured.all_profit') }} as profit_share,
        cast(
            case
                when measured.units > 0
                    then rank() over (partition by measured.units > 0 order by measured.profit desc)
            end as integer
        ) as profit_rank,
        {% for period in ['last_12', 'previous_12'] -%}
        measured.{{ period }}_units,
        measured.{{ period }}_revenue,
        measured.{{ period }}_profit,
        {% endfor -%}
        measured.profit_growth,
        cast(advised.volume_position as numeric(18, 6)) as volume_position,
        cast(advised.quadrant as varchar(32)) as quadrant,
        cast(advised.recommended_action as varchar(16)) as recommended_action,
        cast(advised.action_reason as varchar(256)) as action_reason
    from products
    inner join measured on products.product_key = measured.product_key
    inner join advised on products.product_key = advised.product_key

)

select * from final
