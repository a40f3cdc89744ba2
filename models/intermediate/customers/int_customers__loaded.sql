with

customers as (

    select
        loads.lake_id,
        loads.load_id,
        loads.as_of_date + 1 as holds_from,
        customers.{{ versioned_columns('customers') | join(',\n        customers.') }}
    from {{ ref('stg_adventure_works__customers') }} as customers
    inner join {{ ref('int_load_log__current') }} as loads
        on
            customers.source_file = loads.source_file
            and loads.table_name = 'customers'

)

select * from customers
