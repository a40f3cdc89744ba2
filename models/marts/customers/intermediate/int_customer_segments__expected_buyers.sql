with

-- Customers who could have bought: with an order in the period, not before the product group's first sale.
could_buy as (

    select
        spans.period,
        items.product_level,
        items.product_group_key,
        cohorts.segment_type,
        cohorts.segment_value,
        cohorts.first_order_quarter,
        cast(sum(cohorts.customers) as double precision) as customers
    from {{ ref('int_customer_segments__cohorts') }} as cohorts
    inner join {{ ref('int_spans') }} as spans on cohorts.range_from_date >= spans.first_date
    inner join {{ ref('int_product_groups__on_sale') }} as items
        on cohorts.range_from_date >= items.first_sale_date
    where items.product_level in ('category', 'subcategory')
    group by
        spans.period,
        items.product_level,
        items.product_group_key,
        cohorts.segment_type,
        cohorts.segment_value,
        cohorts.first_order_quarter

),

buyers as (
    {% for period, prefix in period_prefixes().items() %}
    select
        cast('{{ period }}' as varchar(64)) as period,
        product_level,
        product_group_key,
        first_order_quarter,
        cast({{ prefix }}customers as double precision) as customers
    from {{ ref('int_customer_segments__purchases') }}
    where segment_type = 'all'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- The share of all customers of the same quarter who bought.
rates as (

    select
        could_buy.period,
        could_buy.product_level,
        could_buy.product_group_key,
        could_buy.first_order_quarter,
        could_buy.customers,
        buyers.customers as buyers
    from could_buy
    inner join buyers
        on
            could_buy.period = buyers.period
            and could_buy.product_level = buyers.product_level
            and could_buy.product_group_key = buyers.product_group_key
            and could_buy.first_order_quarter = buyers.first_order_quarter
    where
        could_buy.segment_type = 'all'
        and could_buy.customers > 0

),

-- Variance of the buyers in the segment if they were drawn from all buyers of the quarter (hypergeometric),
-- as in the test of Cochran, Mantel and Haenszel. A quarter with one customer has none. What is summed
-- is decimal: the sum of doubles depends on the order of the rows.
final as (

    select
        segments.period,
        segments.product_level,
        segments.product_group_key,
        segments.segment_type,
        segments.segment_value,
        cast(sum(segments.customers) as bigint) as customers_who_could_buy,
        cast(
            coalesce(sum(cast(segments.customers * rates.buyers / rates.customers as numeric(28, 10))), 0)
            as double precision
        ) as expected_customers,
        cast(
            sum(cast(
                segments.customers * (rates.customers - segments.customers)
                * rates.buyers * (rates.customers - rates.buyers)
                / (rates.customers * rates.customers * nullif(rates.customers - 1, 0)) as numeric(28, 10)
            )) as double precision
        ) as variance
    from could_buy as segments
    left join rates
        on
            segments.period = rates.period
            and segments.product_level = rates.product_level
            and segments.product_group_key = rates.product_group_key
            and segments.first_order_quarter = rates.first_order_quarter
    where segments.segment_type <> 'all'
    group by
        segments.period,
        segments.product_level,
        segments.product_group_key,
        segments.segment_type,
        segments.segment_value

)

select * from final
