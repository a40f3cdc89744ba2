with

current_lake as (

    select max(lake_id) as lake_id
    from {{ ref('int_load_log__current') }}

),

known_customers as (

    select customers.customer_key
    from {{ ref('snap_customers') }} as customers
    inner join current_lake on customers.lake_id = current_lake.lake_id
    where customers.dbt_valid_to is null

)

select * from known_customers
