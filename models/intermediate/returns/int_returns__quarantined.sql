with

quarantined as (

    select *
    from {{ ref('int_returns__checked') }}
    where
        quarantine_reason is not null
        and {{ is_affected_file('returns') }}

)

select * from quarantined
