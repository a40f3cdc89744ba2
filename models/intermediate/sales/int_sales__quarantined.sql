with

quarantined as (

    select *
    from {{ ref('int_sales__checked') }}
    where
        quarantine_reason is not null
        and {{ is_affected_file('sales') }}

)

select * from quarantined
