{#- Built after the other tables of the same files, so that its build_state is valid for them too. -#}
{% do depends_on_only('int_sales__quarantined') %}
{#- And after the copy of its rows before. -#}
{% do depends_on_only('int_facts__before') %}

with

sales as (

    select *
    from {{ ref('int_sales__checked') }}
    where
        quarantine_reason is null
        and {{ is_affected_file('sales') }}

),

build as (

    select max(build_state) as build_state
    from {{ ref('int_files__affected') }}

),

-- Sales with an unknown customer or territory are assigned to the Unknown member.
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
    left join {{ ref('int_customers__known') }} as customers on sales.customer_key = customers.customer_key
    left join {{ ref('stg_adventure_works__territories') }} as territories
        on sales.territory_key = territories.territory_key
    left join {{ ref('int_load_log__current') }} as loads
        on
            sales.source_file = loads.source_file
            and loads.table_name = 'sales'
    cross join build

)

select * from priced
