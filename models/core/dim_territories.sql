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
        cast('Unknown' as varchar(256)) as region,
        cast('Unknown' as varchar(256)) as country,
        cast('Unknown' as varchar(256)) as continent

),

final as (

    select * from territories
    union all
    select * from unknown_member

)

select * from final
