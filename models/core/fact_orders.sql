with

-- An order has one customer, which a test checks; by this key Redshift distributes the sales. Unknown (-1) is
-- the lowest key, so that max() takes the known territory if lines disagree.
summed as (

    select
        order_number,
        min(order_date) as order_date,
        customer_key,
        max(territory_key) as territory_key,
        cast(count(*) as integer) as order_lines,
        cast(max(order_line_number) - count(*) as integer) as missing_lines,
        cast(sum(order_quantity) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(cost) as numeric(18, 4)) as cost,
        cast(sum(profit) as numeric(18, 4)) as profit
    from {{ ref('fact_sales') }}
    group by
        customer_key,
        order_number

),

-- The Unknown member is many customers, so its orders have no sequence.
numbered as (

    select
        summed.*,
        cast(
            case
                when summed.customer_key <> -1
                    then
                        row_number() over (
                            partition by summed.customer_key
                            order by summed.order_date, summed.order_number
                        )
            end as integer
        ) as customer_order_number,
        {{ completed_years('persons.birth_date', 'summed.order_date') }} as customer_age
    from summed
    left join {{ ref('dim_customer_persons') }} as persons
        on
            summed.customer_key = persons.customer_key
            and summed.order_date >= persons.valid_from
            and summed.order_date < persons.valid_to

),

final as (

    select
        numbered.order_number,
        numbered.order_date,
        numbered.customer_key,
        numbered.territory_key,
        numbered.customer_order_number,
        numbered.customer_order_number = 1 as is_first_order,
        numbered.customer_age,
        coalesce(age_groups.age_group, 'Unknown') as age_group,
        coalesce(age_groups.age_group_order, 99) as age_group_order,
        numbered.order_lines,
        numbered.missing_lines,
        numbered.units,
        numbered.revenue,
        numbered.cost,
        numbered.profit
    from numbered
    left join {{ ref('age_groups') }} as age_groups
        on
            numbered.customer_age >= age_groups.lower_age
            and numbered.customer_age < age_groups.upper_age

)

select * from final
