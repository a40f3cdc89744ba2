{#- The fact comes last: what it says of a file it was built from must hold for the others as well. -#}
{% do depends_on_only('int_returns__quarantined') %}

with

returns as (

    select
        source_file,
        record_number,
        return_date,
        territory_key,
        product_key,
        return_quantity,
        unit_price
    from {{ ref('int_returns__checked') }}
    where
        quarantine_reason is null
        and {{ is_affected_file('returns') }}

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
    where table_name = 'returns'

),

valued as (

    select
        returns.source_file,
        returns.record_number,
        returns.return_date,
        returns.product_key,
        coalesce(territories.territory_key, -1) as territory_key,
        returns.return_quantity,
        returns.unit_price,
        cast(returns.return_quantity * returns.unit_price as numeric(18, 4)) as returned_value,
        loads.loaded_at,
        build.build_state
    from returns
    left join territories on returns.territory_key = territories.territory_key
    left join loads on returns.source_file = loads.source_file
    cross join build

)

select * from valued
