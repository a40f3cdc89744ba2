with

-- The Unknown customer is many customers, so it has no revenue per customer.
several_profiles as (

    select
        segment_type,
        segment_value,
        revenue,
        cast(sum(revenue) over (partition by segment_type, customer_key) as numeric(18, 4)) as total_revenue,
        count(*) over (partition by segment_type, customer_key) as values_of_customer,
        row_number() over (partition by segment_type, customer_key order by segment_value) as value_number
    from {{ ref('int_customers__by_segment') }}
    where
        customer_key <> -1
        and not has_single_profile

),

-- For a customer with one row per type, revenue in the segment equals total revenue. Squares need 19 digits:
-- DuckDB gives the product of two 18-digit numbers 18 digits, too few for the square of 100,000 dollars.
parts as (

    select
        segment_type,
        segment_value,
        count(*) as customers,
        count(*) as customers_only_here,
        count(*) as customers_counted_here,
        sum(revenue) as revenue,
        sum(cast(revenue as numeric(19, 4)) * revenue) as revenue_squared,
        sum(cast(revenue as numeric(19, 4)) * revenue) as revenue_times_total
    from {{ ref('int_customers__by_segment') }}
    where
        customer_key <> -1
        and has_single_profile
    group by
        segment_type,
        segment_value
    union all
    select
        segment_type,
        segment_value,
        count(*) as customers,
        sum(case when values_of_customer = 1 then 1 else 0 end) as customers_only_here,
        sum(case when value_number = 1 then 1 else 0 end) as customers_counted_here,
        sum(revenue) as revenue,
        sum(cast(revenue as numeric(19, 4)) * revenue) as revenue_squared,
        sum(cast(revenue as numeric(19, 4)) * total_revenue) as revenue_times_total
    from several_profiles
    group by
        segment_type,
        segment_value

),

sides as (

    select
        segment_type,
        segment_value,
        cast(sum(customers) as bigint) as customers,
        cast(sum(customers_only_here) as bigint) as customers_only_here,
        cast(sum(customers_counted_here) as bigint) as customers_counted_here,
        sum(revenue) as revenue,
        sum(revenue_squared) as revenue_squared,
        sum(revenue_times_total) as revenue_times_total
    from parts
    group by
        segment_type,
        segment_value

),

-- The rest is what customers of the type spent outside the segment. A customer in both adds (total - revenue)
-- squared to the rest: summed over the rows of a customer, revenue * total is total squared.
moments as (

    select
        *,
        cast(sum(customers_counted_here) over (partition by segment_type) as bigint)
        - customers_only_here as rest_customers,
        sum(revenue) over (partition by segment_type) - revenue as rest_revenue,
        sum(revenue_times_total) over (partition by segment_type)
        + revenue_squared - 2 * revenue_times_total as rest_revenue_squared
    from sides

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
