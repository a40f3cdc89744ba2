with

territories as (

    select
        territory_key,
        region,
        country,
        continent
    from {{ ref('stg_adventure_works__territories') }}

),

unknown_member as (

    select
        -1 as territory_key,
        'Unknown' as region,
        'Unknown' as country,
        'Unknown' as continent

),

final as (

    select * from territories
    union all
    select * from unknown_member

)

select * from final
