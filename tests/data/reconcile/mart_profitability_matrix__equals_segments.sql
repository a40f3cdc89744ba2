-- For each product level, product groups sum to the segment in mart_customer_demographics.
-- A segment that is missing in either mart fails.
with

segments as (

    select
        segment_type,
        segment_value,
        units,
        revenue,
        cost,
        profit,
        customers
    from {{ ref('mart_customer_demographics') }}

),

matrix as (

    select
        product_level,
        segment_type,
        segment_value,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit,
        min(segment_customers) as lowest_customers,
        max(segment_customers) as highest_customers
    from {{ ref('mart_profitability_matrix') }}
    where period = 'all'
    group by
        product_level,
        segment_type,
        segment_value

),

levels as (

    select cast('category' as varchar(64)) as product_level
    union all
    select cast('subcategory' as varchar(64)) as product_level

),

expected as (

    select
        levels.product_level,
        segments.segment_type,
        segments.segment_value,
        segments.units,
        segments.revenue,
        segments.cost,
        segments.profit,
        segments.customers
    from segments
    cross join levels

)

select
    coalesce(expected.product_level, matrix.product_level) as product_level,
    coalesce(expected.segment_type, matrix.segment_type) as segment_type,
    coalesce(expected.segment_value, matrix.segment_value) as segment_value,
    expected.revenue as segment_revenue,
    matrix.revenue as matrix_revenue,
    expected.customers as segment_customers,
    matrix.highest_customers as matrix_customers
from expected
full outer join matrix
    on
        expected.product_level = matrix.product_level
        and expected.segment_type = matrix.segment_type
        and expected.segment_value = matrix.segment_value
where
    expected.product_level is null
    or matrix.product_level is null
    or expected.units <> matrix.units
    or expected.revenue <> matrix.revenue
    or expected.cost <> matrix.cost
    or expected.profit <> matrix.profit
    or expected.customers <> matrix.lowest_customers
    or expected.customers <> matrix.highest_customers
