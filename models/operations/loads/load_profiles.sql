{#- Built after the list of loads that it does not know yet. -#}
{% do depends_on_only('int_loads__unbuilt') %}

{% set no_date = null_of("cast('2000-01-01' as date)") %}

with

{% if is_incremental() -%}
profiled_files as (

    select
        load_id,
        table_name,
        source_file
    from {{ this }}
    group by
        load_id,
        table_name,
        source_file

),

{% endif -%}
-- Only files loaded since the last build; the profiles of earlier loads do not change.
new_files as (

    select
        current_loads.load_id,
        current_loads.table_name,
        current_loads.source_file,
        current_loads.loaded_at
    from {{ ref('int_load_log__current') }} as current_loads
    {%- if is_incremental() %}
    left join profiled_files
        on
            current_loads.load_id = profiled_files.load_id
            and current_loads.table_name = profiled_files.table_name
            and current_loads.source_file = profiled_files.source_file
    where profiled_files.load_id is null
    {%- endif %}

),

profiles as (
    {% for table_name, column, kind in profiled_columns() %}
    select
        cast('{{ table_name }}' as varchar(64)) as table_name,
        source_file,
        cast('{{ column }}' as varchar(64)) as column_name,
        {{ profiled_value(column, kind) }} as column_value,
        count(*) as records,
        {{ mean_of(column, kind) }} as mean_value,
        {{ 'min(' ~ column ~ ')' if kind == 'dates' else no_date }} as first_date,
        {{ 'max(' ~ column ~ ')' if kind == 'dates' else no_date }} as last_date
    from {{ ref('stg_adventure_works__' ~ table_name) }}
    where source_file in (select new_files.source_file from new_files)
    group by
        source_file
        {{- ',\n        ' ~ profiled_value(column, kind) if kind in ('codes', 'by_key') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

dated as (

    select
        cast(new_files.load_id as varchar(64)) as load_id,
        cast(profiles.table_name as varchar(64)) as table_name,
        cast(profiles.source_file as varchar(256)) as source_file,
        cast(profiles.column_name as varchar(64)) as column_name,
        cast(profiles.column_value as varchar(256)) as column_value,
        cast(profiles.records as bigint) as records,
        cast(profiles.mean_value as numeric(18, 4)) as mean_value,
        profiles.first_date,
        profiles.last_date,
        new_files.loaded_at
    from profiles
    inner join new_files
        on
            profiles.table_name = new_files.table_name
            and profiles.source_file = new_files.source_file

)

select * from dated
