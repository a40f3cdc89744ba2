with

changes as (
    {% for subject in ('products', 'customers', 'names') %}
    select *
    from {{ ref('int_attribute_changes__' ~ subject) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Files that were loaded to correct the version before.
corrections as (

    select log.table_name
    from {{ ref('stg_adventure_works__load_log') }} as log
    inner join {{ ref('int_loads__unbuilt') }} as unbuilt on log.load_id = unbuilt.load_id
    where log.corrects_load_id is not null
    group by log.table_name

),

final as (

    select
        cast(case
            when changes.column_name = '(gone)' then 'gone'
            when changes.column_name like '(another%' then 'another'
            when changes.column_name in ('product_price', 'product_cost') then 'price'
            when changes.value_before is not null then 'member'
            else 'many'
        end as varchar(64)) as finding,
        cast(changes.table_name as varchar(64)) as table_name,
        cast(changes.column_name as varchar(64)) as column_name,
        cast(changes.member_key as integer) as member_key,
        cast(changes.value_before as varchar(256)) as value_before,
        cast(changes.value_now as varchar(256)) as value_now,
        cast(changes.members as bigint) as of_records,
        cast(changes.changed_members as bigint) as records,
        cast(changes.emptied_members as bigint) as emptied_records,
        cast(coalesce(changes.revenue, 0) as numeric(18, 4)) as revenue,
        {{ safe_divide('changes.changed_members', 'changes.members') }} as record_share,
        corrections.table_name is not null as is_announced,
        changes.is_large and corrections.table_name is null as stops_the_build
    from changes
    left join corrections on changes.table_name = corrections.table_name
    where
        changes.is_large
        or changes.is_unusual

)

select * from final
