with

quarters as (

    select
        segment_type,
        segment_value,
        segment_order,
        first_order_quarter,
        sum(customers) as customers,
        sum(premium_customers) as premium_customers,
        sum(orders) as orders,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit,
        sum(premium_revenue) as premium_revenue,
        sum(customer_revenue) as customer_revenue,
        sum(customer_profit) as customer_profit
    from {{ ref('int_customer_segments__cohorts') }}
    group by
        segment_type,
        segment_value,
        segment_order,
        first_order_quarter

),

-- The mix that all segments are weighted by: how many of all customers first ordered in the quarter.
mix as (

    select
        quarters.first_order_quarter,
        quarters.first_order_quarter < date_trunc('quarter', spans.first_date) as is_earlier,
        cast(quarters.customers as double precision) as weight,
        sum(cast(quarters.customers as double precision)) over () as total_weight,
        sum(
            case
                when quarters.first_order_quarter < date_trunc('quarter', spans.first_date)
                    then cast(quarters.customers as double precision)
                else 0
            end
        ) over () as earlier_weight
    from quarters
    cross join {{ ref('int_spans') }} as spans
    where
        quarters.segment_type = 'all'
        and spans.period = 'current_range'

),

-- A quarter in which the segment has no customers has no mean, so the others are weighted up.
summed as (

    select
        quarters.segment_type,
        quarters.segment_value,
        quarters.segment_order,
        cast(sum(quarters.customers) as bigint) as customers,
        cast(sum(quarters.premium_customers) as bigint) as premium_customers,
        cast(sum(quarters.orders) as bigint) as orders,
        cast(sum(quarters.units) as bigint) as units,
        cast(sum(quarters.revenue) as numeric(18, 4)) as revenue,
        cast(sum(quarters.cost) as numeric(18, 4)) as cost,
        cast(sum(quarters.profit) as numeric(18, 4)) as profit,
        cast(sum(quarters.premium_revenue) as numeric(18, 4)) as premium_revenue,
        cast(sum(quarters.customer_profit) as numeric(18, 4)) as customer_profit,
        sum(case when quarters.customers > 0 then mix.weight end) as covered_weight,
        max(mix.total_weight) as total_weight,
        max(mix.earlier_weight) as earlier_weight,
        sum(case when mix.is_earlier then quarters.customers else 0 end) as earlier_customers,
        sum(case when mix.is_earlier then quarters.customer_revenue else 0 end) as earlier_revenue,
        sum(case when mix.is_earlier then 0 else quarters.customers end) as recent_customers,
        sum(case when mix.is_earlier then 0 else quarters.customer_revenue end) as recent_revenue,
        sum(mix.weight * quarters.customer_revenue / nullif(quarters.customers, 0)) as weighted_revenue,
        sum(mix.weight * quarters.customer_profit / nullif(quarters.customers, 0)) as weighted_profit
    from quarters
    inner join mix on quarters.first_order_quarter = mix.first_order_quarter
    where quarters.segment_type <> 'all'
    group by
        quarters.segment_type,
        quarters.segment_value,
        quarters.segment_order

),

-- A kind that no customer of any segment belongs to needs no mean.
by_range as (

    select
        *,
        cast(earlier_revenue as double precision) / nullif(earlier_customers, 0) as earlier_mean,
        cast(recent_revenue as double precision) / nullif(recent_customers, 0) as recent_mean
    from summed

),

with_range_means as (

    select
        *,
        case when earlier_weight = 0 then 0 else earlier_weight * earlier_mean end
        + case
            when earlier_weight = total_weight then 0
            else (total_weight - earlier_weight) * recent_mean
        end as range_weighted_revenue
    from by_range

),

final as (

    select
        segment_type,
        segment_value,
        segment_order,
        customers,
        premium_customers,
        orders,
        units,
        revenue,
        cost,
        profit,
        premium_revenue,
        customer_profit,
        {{ safe_divide('covered_weight', 'total_weight') }} as standardised_coverage,
        {{ safe_divide('weighted_revenue', 'covered_weight') }} as standardised_revenue_per_customer,
        {{ safe_divide('weighted_profit', 'covered_weight') }} as standardised_profit_per_customer,
        {{ safe_divide('earlier_mean', '1') }} as revenue_per_earlier_customer,
        {{ safe_divide('recent_mean', '1') }} as revenue_per_recent_customer,
        {{ safe_divide('range_weighted_revenue', 'total_weight') }}
            as range_standardised_revenue_per_customer
    from with_range_means

)

select * from final
