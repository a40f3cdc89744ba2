with

spans as (

    select
        period,
        first_date,
        last_date
    from {{ ref('rpt_period_spans') }}
    where is_year_before

),

compared as (

    select
        spans.period,
        items.product_level,
        items.product_group_key,
        items.product_group_name,
        items.product_category_key,
        items.revenue,
        items.last_year_revenue,
        items.profit,
        items.last_year_profit
    from spans
    inner join {{ ref('int_like_for_like') }} as items
        on {{ is_compared_in_span('items', 'spans') }}

),

final as (

    select
        period,
        product_level,
        product_group_key,
        product_group_name,
        product_category_key,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(last_year_revenue) as numeric(18, 4)) as revenue_year_before,
        cast(sum(profit) as numeric(18, 4)) as profit,
        cast(sum(last_year_profit) as numeric(18, 4)) as profit_year_before
    from compared
    group by
        period,
        product_level,
        product_group_key,
        product_group_name,
        product_category_key

)

select * from final
