with

-- The Unknown customer is not one person: its revenue says nothing about what a customer spends. Customers
-- with one row per type are summed as they are; what they spent in all is what they spent there.
single as (

    select
        segment_type,
        segment_value,
        count(*) as customers,
        sum(revenue) as revenue,
        sum(cast(revenue as numeric(19, 4)) * revenue) as revenue_squared
    from {{ ref('int_customers__by_segment') }}
    where
        customer_key <> -1
        and has_single_profile
    group by
        segment_type,
        segment_value

),

buyers_with_segments as (

    select
        segment_type,
        segment_value,
        customer_key,
        revenue
    from {{ ref('int_customers__by_segment') }}
    where
        customer_key <> -1
        and not has_single_profile

),

customers as (

    select
        segment_type,
        segment_value,
        revenue,
        cast(sum(revenue) over (partition by segment_type, customer_key) as numeric(18, 4)) as revenue_in_all,
        count(*) over (partition by segment_type, customer_key) as values_of_customer
    from buyers_with_segments

),

-- The rest of a segment is what the customers of its type did outside it. A customer is on both sides when
-- the value changed between two orders, as an age group does. DuckDB keeps the product of two numbers of 18
-- digits within 18, which the square of 100,000 dollars exceeds, and does not where one of them has 19.
parts as (

    select
        segment_type,
        segment_value,
        customers,
        revenue,
        revenue_squared,
        customers as customers_only_here,
        -revenue_squared as change_of_squared_outside
    from single
    union all
    select
        segment_type,
        segment_value,
        count(*) as customers,
        sum(revenue) as revenue,
        sum(cast(revenue as numeric(19, 4)) * revenue) as revenue_squared,
        sum(case when values_of_customer = 1 then 1 else 0 end) as customers_only_here,
        sum(cast(revenue as numeric(19, 4)) * revenue)
        - 2 * sum(cast(revenue as numeric(19, 4)) * revenue_in_all)
            as change_of_squared_outside
    from customers
    group by
        segment_type,
        segment_value

),

sides as (

    select
        segment_type,
        segment_value,
        cast(sum(customers) as bigint) as customers,
        sum(revenue) as revenue,
        sum(revenue_squared) as revenue_squared,
        cast(sum(customers_only_here) as bigint) as customers_only_here,
        sum(change_of_squared_outside) as change_of_squared_outside
    from parts
    group by
        segment_type,
        segment_value

),

per_customer as (

    select
        segment_type,
        customer_key,
        cast(sum(revenue) as numeric(18, 4)) as revenue
    from buyers_with_segments
    group by
        segment_type,
        customer_key

),

type_parts as (

    select
        segment_type,
        customers,
        revenue,
        revenue_squared
    from single
    union all
    select
        segment_type,
        count(*) as customers,
        sum(revenue) as revenue,
        sum(cast(revenue as numeric(19, 4)) * revenue) as revenue_squared
    from per_customer
    group by segment_type

),

types as (

    select
        segment_type,
        cast(sum(customers) as bigint) as customers,
        sum(revenue) as revenue,
        sum(revenue_squared) as revenue_squared
    from type_parts
    group by segment_type

),

moments as (

    select
        sides.segment_type,
        sides.segment_value,
        sides.customers,
        sides.revenue,
        sides.revenue_squared,
        types.customers - sides.customers_only_here as rest_customers,
        types.revenue - sides.revenue as rest_revenue,
        types.revenue_squared + sides.change_of_squared_outside as rest_revenue_squared
    from sides
    inner join types on sides.segment_type = types.segment_type

),

final as (

    select
        segment_type,
        segment_value,
        customers,
        cast(revenue as numeric(18, 4)) as revenue,
        {{ squared_error_of_mean('customers', 'revenue', 'revenue_squared') }} as squared_error,
        rest_customers,
        cast(rest_revenue as numeric(18, 4)) as rest_revenue,
        {{ squared_error_of_mean('rest_customers', 'rest_revenue', 'rest_revenue_squared') }}
            as rest_squared_error
    from moments

)

select * from final
