{#- Built after the other tables of the same files, so that its build_state is valid for them too. -#}
{% do depends_on_only('int_returns__quarantined') %}
{#- And after the copy of its rows before. -#}
{% do depends_on_only('int_facts__before') %}

with

returns as (

    select *
    from {{ ref('int_returns__checked') }}
    where
        quarantine_reason is null
        and {{ is_affected_file('returns') }}

),

build as (

    select max(build_state) as build_state
    from {{ ref('int_files__affected') }}

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
        returns.unit_cost,
        cast(returns.return_quantity * returns.unit_price as numeric(18, 4)) as returned_value,
        cast(returns.return_quantity * returns.unit_cost as numeric(18, 4)) as returned_cost,
        cast(returns.return_quantity * (returns.unit_price - returns.unit_cost) as numeric(18, 4))
            as returned_profit,
        loads.loaded_at,
        build.build_state
    from returns
    left join {{ ref('stg_adventure_works__territories') }} as territories
        on returns.territory_key = territories.territory_key
    left join {{ ref('int_load_log__current') }} as loads
        on
            returns.source_file = loads.source_file
            and loads.table_name = 'returns'
    cross join build

)

select * from valued
