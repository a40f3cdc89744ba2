with

purchases as (

    select *
    from {{ ref('int_customer_segments__purchases') }}

),

by_period as (
    {% for period, prefix in period_prefixes().items() %}
    select
        cast('{{ period }}' as varchar(16)) as period,
        product_level,
        product_group_key,
        segment_type,
        segment_value,
        sum({{ prefix }}customers) as customers,
        sum({{ prefix }}premium_customers) as premium_customers,
        sum({{ prefix }}units) as units,
        sum({{ prefix }}revenue) as revenue,
        sum({{ prefix }}cost) as cost,
        sum({{ prefix }}profit) as profit
    from purchases
    group by
        product_level,
        product_group_key,
        segment_type,
        segment_value
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

segment_profits as (

    select
        period,
        segment_type,
        segment_value,
        sum(profit) as profit
    from by_period
    where product_level = 'category'
    group by
        period,
        segment_type,
        segment_value

),

segments as (

    select
        profits.period,
        profits.segment_type,
        profits.segment_value,
        min(cohorts.segment_order) as segment_order,
        sum(case when cohorts.range_from_date >= spans.first_date then cohorts.customers else 0 end)
            as customers,
        min(profits.profit) as profit
    from segment_profits as profits
    inner join {{ ref('int_spans') }} as spans on profits.period = spans.period
    inner join {{ ref('int_customer_segments__cohorts') }} as cohorts
        on
            profits.segment_type = cohorts.segment_type
            and profits.segment_value = cohorts.segment_value
    group by
        profits.period,
        profits.segment_type,
        profits.segment_value

),

-- Every product group with sales in the period, in every segment, also if the segment never bought it.
combined as (

    select
        product_groups.period,
        product_groups.product_level,
        product_groups.product_group_key,
        segments.segment_type,
        segments.segment_value,
        segments.segment_order,
        segments.customers as segment_customers,
        segments.profit as segment_profit,
        product_groups.customers as product_customers,
        product_groups.profit as product_profit,
        everyone.customers as all_customers,
        everyone.profit as all_profit
    from by_period as product_groups
    inner join segments as everyone
        on
            product_groups.period = everyone.period
            and product_groups.segment_type = everyone.segment_type
    inner join segments on product_groups.period = segments.period
    where
        product_groups.segment_type = 'all'
        and product_groups.units > 0
        and segments.segment_type <> 'all'

),

final as (

    select
        combined.period,
        combined.product_level,
        combined.product_group_key,
        combined.segment_type,
        combined.segment_value,
        combined.segment_order,
        cast(combined.segment_customers as bigint) as segment_customers,
        cast(combined.segment_profit as numeric(18, 4)) as segment_profit,
        cast(combined.product_customers as bigint) as product_customers,
        cast(combined.product_profit as numeric(18, 4)) as product_profit,
        cast(combined.all_customers as bigint) as all_customers,
        cast(combined.all_profit as numeric(18, 4)) as all_profit,
        cast(coalesce(by_period.customers, 0) as bigint) as customers,
        cast(coalesce(by_period.premium_customers, 0) as bigint) as premium_customers,
        cast(coalesce(by_period.units, 0) as bigint) as units,
        cast(coalesce(by_period.revenue, 0) as numeric(18, 4)) as revenue,
        cast(coalesce(by_period.cost, 0) as numeric(18, 4)) as cost,
        cast(coalesce(by_period.profit, 0) as numeric(18, 4)) as profit
    from combined
    left join by_period
        on
            combined.period = by_period.period
            and combined.product_level = by_period.product_level
            and combined.product_group_key = by_period.product_group_key
            and combined.segment_type = by_period.segment_type
            and combined.segment_value = by_period.segment_value

)

select * from final
