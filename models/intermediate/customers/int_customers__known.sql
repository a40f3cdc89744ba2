with

recorded as (

    select
        customer_key,
        lake_id
    from {{ ref('snap_customers') }}
    where dbt_valid_to is null

),

present_lake as (

    select max(lake_id) as lake_id
    from {{ ref('int_load_log__current') }}

),

known_customers as (

    select recorded.customer_key
    from recorded
    inner join present_lake on recorded.lake_id = present_lake.lake_id

)

select * from known_customers
