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


{% macro changed_attributes(member, sales, identity, names, details=[], also_compared=[]) -%}
{%- set key = member ~ '_key' -%}
{{ changed_members('snap_' ~ member ~ 's', member ~ 's', key, identity + details + also_compared) }},

revenue_by_member as (

    select
        {{ key }},
        sum(revenue) as revenue
    from {{ ref(sales) }}
    group by {{ key }}

),

compared as (

    select
        changed.*,
        coalesce(revenue_by_member.revenue, 0) as revenue
    from changed
    left join revenue_by_member on changed.{{ key }} = revenue_by_member.{{ key }}

),

-- Text that is missing is Unknown in staging.
by_column as (
    {%- for column in identity + details %}
    {%- set now, before = textual(column), textual(column ~ '_before') %}

    select
        cast('{{ column }}' as varchar(64)) as column_name,
        {{ 'true' if column in identity else 'false' }} as is_identity,
        sum(case when {{ now }} <> {{ before }} then 1 else 0 end) as changed_members,
        sum(case when {{ now }} = 'Unknown' and {{ before }} <> 'Unknown' then 1 else 0 end)
            as emptied_members,
        min(case when {{ now }} <> {{ before }} then {{ key }} end) as member_key,
        sum(case when {{ now }} <> {{ before }} then revenue else 0 end) as revenue
    from compared
    union all
    {%- endfor %}

    select
        cast('(another {{ member }})' as varchar(64)) as column_name,
        true as is_identity,
        count(*) as changed_members,
        0 as emptied_members,
        min({{ key }}) as member_key,
        sum(revenue) as revenue
    from compared
    where
        {% for column in names -%}
        {{ 'and ' if not loop.first }}{{ textual(column) }} <> {{ textual(column ~ '_before') }}
        {% endfor %}
),

gone_with_sales as (

    select
        cast('(gone)' as varchar(64)) as column_name,
        true as is_identity,
        count(*) as changed_members,
        0 as emptied_members,
        min(gone.{{ key }}) as member_key,
        sum(revenue_by_member.revenue) as revenue
    from gone
    inner join revenue_by_member on gone.{{ key }} = revenue_by_member.{{ key }}

),

counted as (

    select * from by_column
    union all
    select * from gone_with_sales

),

judged as (

    select
        cast('{{ member }}s' as varchar(64)) as table_name,
        cast(counted.column_name as varchar(64)) as column_name,
        counted.member_key,
        cast(null as varchar(256)) as value_before,
        cast(null as varchar(256)) as value_now,
        cast(totals.stayed + totals.gone as bigint) as members,
        cast(counted.changed_members as bigint) as changed_members,
        cast(counted.emptied_members as bigint) as emptied_members,
        cast(coalesce(counted.revenue, 0) as numeric(18, 4)) as revenue,
        case
            when counted.column_name = '(gone)'
                then {{ exceeds('counted.changed_members', 'totals.stayed', 'drift_members_gone') }}
            when counted.is_identity
                then {{ exceeds('counted.changed_members', 'totals.stayed', 'drift_identity_changed') }}
            else {{ exceeds('counted.changed_members', 'totals.stayed', 'drift_details_changed') }}
        end
        or {{ exceeds('counted.emptied_members', 'totals.stayed', 'drift_identity_changed') }} as is_large,
        counted.column_name like '(%'
        or (
            counted.is_identity
            and {{ exceeds('counted.changed_members', 'totals.stayed', 'usual_identity_changed') }}
        )
        or {{ exceeds('counted.emptied_members', 'totals.stayed', 'usual_identity_changed') }} as is_unusual
    from counted
    cross join totals
    where counted.changed_members > 0

)
{%- endmacro %}
