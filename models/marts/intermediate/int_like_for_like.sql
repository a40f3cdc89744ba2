with

months as (

    select
        month_start_date,
        last_year_month_start_date,
        last_year_last_date
    from {{ ref('int_months') }}
    where has_last_year

),

grouped as (
    {% for product_level, (key, _) in product_levels().items() if product_level != 'category' %}
    select
        cast('{{ product_level }}' as varchar(64)) as product_level,
        products.{{ key }} as product_group_key,
        sales.territory_key,
        sales.month_start_date,
        sales.comparison_period,
        sales.is_same_part,
        sum(sales.revenue) as revenue,
        sum(sales.profit) as profit
    from {{ ref('int_sales_months') }} as sales
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    group by
        products.{{ key }},
        sales.territory_key,
        sales.month_start_date,
        sales.comparison_period,
        sales.is_same_part
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- On sale in the same month of both years. What could be bought and did not sell counts as 0.
comparable as (

    select
        items.product_level,
        items.product_group_key,
        items.product_group_name,
        items.product_category_key,
        months.month_start_date,
        months.last_year_month_start_date
    from {{ ref('int_product_groups__on_sale') }} as items
    inner join months
        on
            items.first_sale_date <= months.last_year_last_date
            and items.last_day_on_sale >= months.month_start_date

),

both_years as (
    {% for month, period, is_last_year in [
        ('month_start_date', 'last_12', false),
        ('last_year_month_start_date', 'previous_12', true),
    ] %}
    select
        comparable.*,
        grouped.territory_key,
        {% for measure in ['revenue', 'profit'] -%}
        {{ 0 if is_last_year else 'grouped.' ~ measure }} as {{ measure }},
        {{ 'grouped.' ~ measure if is_last_year else 0 }} as last_year_{{ measure }},
        {% endfor -%}
        coalesce(grouped.comparison_period = '{{ period }}', false) as is_last_12
    from comparable
    inner join grouped
        on
            comparable.product_level = grouped.product_level
            and comparable.product_group_key = grouped.product_group_key
            and comparable.{{ month }} = grouped.month_start_date
    {%- if is_last_year %}
    where grouped.is_same_part
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (

    select
        product_level,
        product_group_key,
        product_group_name,
        product_category_key,
        territory_key,
        month_start_date,
        is_last_12,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(last_year_revenue) as numeric(18, 4)) as last_year_revenue,
        cast(sum(profit) as numeric(18, 4)) as profit,
        cast(sum(last_year_profit) as numeric(18, 4)) as last_year_profit
    from both_years
    group by
        product_level,
        product_group_key,
        product_group_name,
        product_category_key,
        territory_key,
        month_start_date,
        is_last_12

)

select * from final
