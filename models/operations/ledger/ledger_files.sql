{% set logged = ['records', 'blank_records', 'rejected_records', 'loaded_records'] %}
{% set counted = ['raw_rows', 'rejected_rows'] %}

with

raw_rows as (
    {% for raw_table in raw_tables() %}
    select
        cast('{{ raw_table }}' as varchar(64)) as table_name,
        source_file,
        count(*) as found
    from {{ ref('stg_adventure_works__' ~ raw_table) }}
    group by source_file
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

rejected_rows as (

    select
        table_name,
        source_file,
        count(*) as found
    from {{ ref('stg_adventure_works__rejected_rows') }}
    group by
        table_name,
        source_file

),

-- A union, not a join, so that a file that is only in the load log or only in the lake has a row.
entries as (

    select
        {%- for count in logged %}
        {{ count }},
        {%- endfor %}
        0 as raw_rows,
        0 as rejected_rows,
        table_name,
        source_file
    from {{ ref('int_load_log__current') }}
    {%- for rows in counted %}
    union all
    select
        {%- for count in logged + counted %}
        {{ 'found' if count == rows else '0' }} as {{ count }},
        {%- endfor %}
        table_name,
        source_file
    from {{ rows }}
    {%- endfor %}

),

totals as (

    select
        {%- for count in logged + counted %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {%- endfor %}
        table_name,
        source_file
    from entries
    group by
        table_name,
        source_file

),

balanced as (

    select
        cast(totals.table_name as varchar(64)) as table_name,
        cast(totals.source_file as varchar(256)) as source_file,
        cast(current_loads.load_source as varchar(64)) as load_source,
        cast(current_loads.dataset_version as varchar(64)) as dataset_version,
        current_loads.loaded_at,
        totals.records,
        totals.blank_records,
        totals.rejected_records,
        totals.loaded_records,
        totals.records - totals.blank_records - totals.rejected_records - totals.loaded_records
            as unexplained_records,
        totals.raw_rows,
        totals.loaded_records - totals.raw_rows as unexplained_rows,
        totals.rejected_rows,
        totals.rejected_records - totals.rejected_rows as unexplained_rejects
    from totals
    left join {{ ref('int_load_log__current') }} as current_loads
        on
            totals.table_name = current_loads.table_name
            and totals.source_file = current_loads.source_file

)

select * from balanced
