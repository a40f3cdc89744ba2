{#- The fact comes last: what it says of a file it was built from must hold for the others as well. -#}
{% do depends_on_only('int_sales__quarantined') %}

with

sales as (

    select
        order_number,
        order_line_number,
        order_date,
        stock_date,
        product_key,
        customer_key,
        territory_key,
        order_quantity,
        unit_price,
        unit_cost,
        source_file,
        record_number
    from {{ ref('int_sales__checked') }}
    where
        quarantine_reason is null
        and {{ is_affected_file('sales') }}

),

customers as (

    select customer_key
    from {{ ref('int_customers__known') }}

),

territories as (

    select territory_key
    from {{ ref('stg_adventure_works__territories') }}

),

build as (

    select max(build_state) as build_state
    from {{ ref('int_files__affected') }}

),

loads as (

    select
        source_file,
        loaded_at
    from {{ ref('int_load_log__current') }}
    where table_name = 'sales'

),

-- A sale is never lost for want of a customer or a territory: it goes to the Unknown member.
priced as (

    select
        sales.order_number,
        sales.order_line_number,
        sales.order_date,
        sales.stock_date,
        sales.product_key,
        coalesce(customers.customer_key, -1) as customer_key,
        coalesce(territories.territory_key, -1) as territory_key,
        sales.order_quantity,
        sales.unit_price,
        sales.unit_cost,
        cast(sales.order_quantity * sales.unit_price as numeric(18, 4)) as revenue,
        cast(sales.order_quantity * sales.unit_cost as numeric(18, 4)) as cost,
        cast(sales.order_quantity * (sales.unit_price - sales.unit_cost) as numeric(18, 4)) as profit,
        sales.source_file,
        sales.record_number,
        loads.loaded_at,
        build.build_state
    from sales
    left join customers on sales.customer_key = customers.customer_key
    left join territories on sales.territory_key = territories.territory_key
    left join loads on sales.source_file = loads.source_file
    cross join build

)

select * from priced
