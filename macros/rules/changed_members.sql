{% macro changed_members(snapshot, table_name, key, columns) -%}
newest_load as (

    select
        loads.load_id,
        loads.lake_id,
        loads.as_of_date + 1 as holds_from
    from {{ ref('int_load_log__current') }} as loads
    inner join {{ ref('int_loads__unbuilt') }} as unbuilt on loads.load_id = unbuilt.load_id
    where loads.table_name = '{{ table_name }}'

),

states as (

    select
        members.*,
        newest_load.load_id as newest_load_id,
        newest_load.holds_from as newest_holds_from,
        members.dbt_is_deleted = 'True' as is_deleted
    from {{ ref(snapshot) }} as members
    inner join newest_load on members.lake_id = newest_load.lake_id

),

-- Several loads up to the same day give states that begin and end on it; the newest of them was before.
paired as (

    select
        now.{{ columns | join(',\n        now.') }},
        {%- for column in columns %}
        before.{{ column }} as {{ column }}_before,
        {%- endfor %}
        now.{{ key }},
        row_number() over (partition by now.{{ key }} order by before.load_id desc) as recency
    from states as now
    inner join states as before
        on
            now.{{ key }} = before.{{ key }}
            and now.load_id = now.newest_load_id
            and before.load_id < now.newest_load_id
    where
        now.dbt_valid_to is null
        and not now.is_deleted
        and not before.is_deleted

),

changed as (

    select *
    from paired
    where recency = 1

),

gone as (

    select {{ key }}
    from states
    where
        dbt_valid_to is null
        and is_deleted
        and load_id < newest_load_id
        and dbt_valid_from = newest_holds_from

),

totals as (

    select
        count(case when not is_deleted and load_id < newest_load_id then 1 end)
        + (select count(*) from changed) as stayed,
        (select count(*) from gone) as gone
    from states
    where dbt_valid_to is null

)
{%- endmacro %}


{% macro textual(column) -%}
    coalesce(cast({{ column }} as varchar(2048)), 'Unknown')
{%- endmacro %}
