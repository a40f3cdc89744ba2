{% set levels = {
    'category': ('product_category_key', 'category_name'),
    'subcategory': ('product_subcategory_key', 'subcategory_name'),
} %}

with

-- Sales of the year before are moved to the same month of the period.
sales_in_spans as (

    select
        products.product_subcategory_key,
        products.subcategory_name,
        products.product_category_key,
        products.category_name,
        spans.period,
        spans.is_year_before,
        case
            when spans.is_year_before
                then date_trunc('month', {{ dbt.dateadd('month', 12, 'sales.order_date') }})
            else date_trunc('month', sales.order_date)
        end as compared_month,
        sales.revenue,
        sales.profit
    from {{ ref('rpt_period_spans') }} as spans
    inner join {{ ref('fact_sales') }} as sales
        on sales.order_date between spans.first_date and spans.last_date
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key

),

grouped_sales as (
    {% for level, (key, name) in levels.items() %}
    select
        *,
        cast('{{ level }}' as varchar(16)) as product_level,
        {{ key }} as product_group_key,
        {{ name }} as product_group_name
    from sales_in_spans
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

months as (

    select
        period,
        product_level,
        product_group_key,
        product_group_name,
        product_category_key,
        compared_month,
        sum(case when not is_year_before then revenue end) as revenue,
        sum(case when is_year_before then revenue end) as revenue_year_before,
        sum(case when not is_year_before then profit end) as profit,
        sum(case when is_year_before then profit end) as profit_year_before
    from grouped_sales
    group by
        period,
        product_level,
        product_group_key,
        product_group_name,
        product_category_key,
        compared_month

),

final as (

    select
        period,
        product_level,
        product_group_key,
        product_group_name,
        product_category_key,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(revenue_year_before) as numeric(18, 4)) as revenue_year_before,
        cast(sum(profit) as numeric(18, 4)) as profit,
        cast(sum(profit_year_before) as numeric(18, 4)) as profit_year_before
    from months
    where
        revenue is not null
        and revenue_year_before is not null
    group by
        period,
        product_level,
        product_group_key,
        product_group_name,
        product_category_key

)

select * from final
