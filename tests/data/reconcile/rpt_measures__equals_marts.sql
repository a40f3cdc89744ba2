-- For each choice in the report's filter, figures equal those of the marts by category, month or territory.
with

spans as (

    select
        period,
        first_date,
        last_date
    from {{ ref('rpt_period_spans') }}
    where not is_year_before

),

measures as (

    select
        period,
        product_category_key,
        territory_key,
        revenue,
        profit,
        units,
        orders,
        customers,
        return_units
    from {{ ref('rpt_measures') }}
    where not is_year_before

),

categories as (

    select
        product_category_key,
        revenue,
        profit,
        units,
        return_units
    from {{ ref('mart_category_performance') }}

),

months as (

    select
        month_start_date,
        revenue,
        profit,
        units,
        orders,
        return_units
    from {{ ref('mart_monthly_performance') }}

),

territories as (

    select
        territory_key,
        revenue,
        profit,
        units,
        orders,
        customers
    from {{ ref('mart_territory_performance') }}

),

-- NULL if no mart has the measure for the choice. Periods that start within a month have no mart.
of_marts as (

    select
        cast('all' as varchar(64)) as period,
        product_category_key,
        cast(null as integer) as territory_key,
        sum(revenue) as revenue,
        sum(profit) as profit,
        sum(units) as units,
        cast(null as bigint) as orders,
        cast(null as bigint) as customers,
        sum(return_units) as return_units
    from categories
    group by product_category_key
    union all
    select
        spans.period,
        cast(null as integer) as product_category_key,
        cast(null as integer) as territory_key,
        sum(months.revenue) as revenue,
        sum(months.profit) as profit,
        sum(months.units) as units,
        sum(months.orders) as orders,
        cast(null as bigint) as customers,
        sum(months.return_units) as return_units
    from spans
    inner join months on months.month_start_date between spans.first_date and spans.last_date
    where extract(day from spans.first_date) = 1
    group by spans.period
    union all
    select
        cast('all' as varchar(64)) as period,
        cast(null as integer) as product_category_key,
        territory_key,
        revenue,
        profit,
        units,
        orders,
        customers,
        cast(null as bigint) as return_units
    from territories

)

select
    of_marts.period,
    of_marts.product_category_key,
    of_marts.territory_key,
    of_marts.revenue as mart_revenue,
    measures.revenue as report_revenue,
    of_marts.profit as mart_profit,
    measures.profit as report_profit,
    of_marts.units as mart_units,
    measures.units as report_units,
    of_marts.orders as mart_orders,
    measures.orders as report_orders,
    of_marts.customers as mart_customers,
    measures.customers as report_customers,
    of_marts.return_units as mart_return_units,
    measures.return_units as report_return_units
from of_marts
left join measures
    on
        of_marts.period = measures.period
        and coalesce(of_marts.product_category_key, 0) = coalesce(measures.product_category_key, 0)
        and coalesce(of_marts.territory_key, 0) = coalesce(measures.territory_key, 0)
where
    of_marts.revenue <> coalesce(measures.revenue, 0)
    or of_marts.profit <> coalesce(measures.profit, 0)
    or of_marts.units <> coalesce(measures.units, 0)
    or of_marts.orders <> coalesce(measures.orders, 0)
    or of_marts.customers <> coalesce(measures.customers, 0)
    or of_marts.return_units <> coalesce(measures.return_units, 0)
