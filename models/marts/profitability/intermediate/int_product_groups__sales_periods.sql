with

products as (

    select *
    from {{ ref('int_products__sales_periods') }}

),

levels as (
    {% for product_level in ['product', 'model'] %}
    select
        cast('{{ product_level }}' as varchar(64)) as product_level,
        {{ product_levels()[product_level][0] }} as product_group_key,
        min(product_model_key) as product_model_key,
        min(product_subcategory_key) as product_subcategory_key,
        min(product_category_key) as product_category_key,
        cast(min(model_name) as varchar(256)) as model_name,
        cast(min(subcategory_name) as varchar(256)) as subcategory_name,
        cast(min(category_name) as varchar(256)) as category_name,
        cast(count(*) as integer) as products,
        {% for span in ['', 'current_range_', 'last_12_', 'previous_12_'] -%}
        cast(sum({{ span }}units) as bigint) as {{ span }}units,
        {% for measure in ['revenue', 'cost', 'profit'] if span ~ measure != 'previous_12_cost' -%}
        cast(sum({{ span }}{{ measure }}) as numeric(18, 4)) as {{ span }}{{ measure }},
        {% endfor -%}
        {% endfor -%}
        cast(sum(order_lines) as bigint) as order_lines,
        cast(sum(return_records) as bigint) as return_records,
        cast(sum(return_units) as bigint) as return_units,
        cast(sum(returned_value) as numeric(18, 4)) as returned_value,
        cast(sum(returned_profit) as numeric(18, 4)) as returned_profit
    from products
    group by {{ product_levels()[product_level][0] }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

subcategories as (

    select
        product_subcategory_key,
        cast(sum(units) as bigint) as units,
        cast(sum(order_lines) as bigint) as order_lines,
        cast(sum(return_records) as bigint) as return_records,
        cast(sum(return_units) as bigint) as return_units,
        cast(sum(last_12_revenue) as numeric(18, 4)) as last_12_revenue,
        cast(sum(last_12_profit) as numeric(18, 4)) as last_12_profit
    from products
    group by product_subcategory_key

),

dated as (

    select
        levels.*,
        subcategories.units as subcategory_units,
        subcategories.return_units as subcategory_return_units,
        subcategories.order_lines as subcategory_order_lines,
        subcategories.return_records as subcategory_return_records,
        subcategories.last_12_revenue as subcategory_last_12_revenue,
        subcategories.last_12_profit as subcategory_last_12_profit,
        on_sale.first_sale_date,
        on_sale.last_sale_date,
        cast(
            case
                when on_sale.first_sale_date is null then 'never sold'
                when on_sale.has_ended then 'ended'
                when periods.as_of_date - on_sale.first_sale_date < {{ threshold('product_new_days') }}
                    then 'new'
                else 'on sale'
            end as varchar(16)
        ) as sales_status,
        cast(coalesce(on_sale.last_day_on_sale - on_sale.first_sale_date + 1, 0) as integer) as days_on_sale,
        cast(
            case
                when on_sale.last_day_on_sale < periods.last_12_from then 0
                when on_sale.first_sale_date < periods.last_12_from
                    then on_sale.last_day_on_sale - periods.last_12_from + 1
                else coalesce(on_sale.last_day_on_sale - on_sale.first_sale_date + 1, 0)
            end as integer
        ) as last_12_days_on_sale,
        -- A change counts only if it was on sale in all of the 12 months before.
        coalesce(on_sale.first_sale_date <= periods.previous_12_from, false) as was_on_sale_in_previous_12
    from levels
    inner join subcategories on levels.product_subcategory_key = subcategories.product_subcategory_key
    cross join {{ ref('int_comparison_periods') }} as periods
    left join {{ ref('int_product_groups__on_sale') }} as on_sale
        on
            levels.product_level = on_sale.product_level
            and levels.product_group_key = on_sale.product_group_key

),

compared as (

    select
        *,
        units < {{ threshold('return_rate_small_base') }} as is_small_base,
        {{ safe_divide('last_12_profit', 'last_12_days_on_sale') }} as last_12_profit_per_day,
        cast(
            case
                when was_on_sale_in_previous_12
                    then {{ relative_change('last_12_profit', 'previous_12_profit') }}
            end as numeric(18, 6)
        ) as profit_growth,
        {{ safe_divide(
            'cast(last_12_profit as double precision) * subcategory_last_12_revenue'
            ~ ' - cast(subcategory_last_12_profit as double precision) * last_12_revenue',
            '(cast(last_12_revenue as double precision) * subcategory_last_12_revenue)'
        ) }} as margin_difference
    from dated

)

select * from compared
