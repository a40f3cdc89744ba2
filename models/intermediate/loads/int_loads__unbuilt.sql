{#- The profiles of earlier builds; a full refresh keeps them. -#}
{% set profiles = existing_relation('load_profiles', in_full_refresh=true) %}

with

loads as (

    select load_id
    from {{ ref('stg_adventure_works__load_log') }}
    group by load_id

),

-- A developer's warehouse may also have profiles of another lake.
built_loads as (
    {% if profiles %}
    select max(profiles.load_id) as load_id
    from {{ profiles }} as profiles
    inner join loads on profiles.load_id = loads.load_id
    {%- else %}
    select cast(null as varchar(64)) as load_id
    {%- endif %}

),

unbuilt as (

    select loads.load_id
    from loads
    cross join built_loads
    where loads.load_id > coalesce(built_loads.load_id, '')

)

select * from unbuilt
