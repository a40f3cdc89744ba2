with

order_files as (

    select
        source_file,
        loaded_records
    from {{ ref('int_load_log__current') }}
    where table_name = 'sales'

),

orders as (

    select *
    from {{ ref('fact_orders') }}

),

totals as (

    select
        count(*) as orders,
        min(order_date) as first_date,
        max(order_date) as last_date
    from orders

),

-- An order of which a line is in quarantine lacks that one in the facts, and not in the files.
quarantined_orders as (

    select order_number
    from {{ ref('int_sales__quarantined') }}
    group by order_number

),

incomplete_orders as (

    select
        orders.customer_key,
        orders.order_number,
        orders.missing_lines
    from orders
    left join quarantined_orders on orders.order_number = quarantined_orders.order_number
    where
        orders.missing_lines > 0
        and quarantined_orders.order_number is null

),

incomplete_orders_of_files as (

    select
        sales.source_file,
        incomplete_orders.order_number,
        incomplete_orders.missing_lines,
        min(sales.order_date) as order_date
    from {{ ref('fact_sales') }} as sales
    inner join incomplete_orders
        on
            sales.customer_key = incomplete_orders.customer_key
            and sales.order_number = incomplete_orders.order_number
    group by
        sales.source_file,
        incomplete_orders.order_number,
        incomplete_orders.missing_lines

),

missing_lines as (

    select
        incomplete.source_file,
        order_files.loaded_records as of_records,
        sum(incomplete.missing_lines) as records,
        count(*) as orders,
        min(incomplete.order_date) as first_date,
        max(incomplete.order_date) as last_date
    from incomplete_orders_of_files as incomplete
    inner join order_files on incomplete.source_file = order_files.source_file
    group by
        incomplete.source_file,
        order_files.loaded_records

),

equal_baskets as (

    select
        order_date,
        count(*) - 1 as repeats,
        revenue * (count(*) - 1) as repeated_revenue
    from orders
    where customer_key <> -1
    group by
        customer_key,
        order_date,
        order_lines,
        units,
        revenue,
        cost
    having count(*) > 1

),

repeated_baskets as (

    select
        totals.orders as of_records,
        sum(equal_baskets.repeats) as records,
        sum(equal_baskets.repeated_revenue) as amount,
        min(equal_baskets.order_date) as first_date,
        max(equal_baskets.order_date) as last_date
    from equal_baskets
    cross join totals
    group by totals.orders

),

final as (

    {{ finding('missing_lines', 'missing_lines', exceeds('records', 'of_records', 'guard_missing_lines'), {
        'table_name': "'sales'", 'source_file': 'source_file', 'records': 'records', 'of_records': 'of_records',
        'concerned': 'orders', 'first_date': 'first_date', 'last_date': 'last_date',
    }) }}
    union all
    {{ finding('equal_baskets', 'repeated_baskets', exceeds('records', 'of_records', 'guard_equal_baskets'), {
        'table_name': "'sales'", 'records': 'records', 'of_records': 'of_records', 'amount': 'amount',
        'first_date': 'first_date', 'last_date': 'last_date',
    }) }}

)

select * from final
