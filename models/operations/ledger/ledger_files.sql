{% set logged = ['records', 'blank_records', 'rejected_records', 'loaded_records'] %}
{% set counted = ['raw_rows', 'rejected_rows'] %}

with

raw_rows as (
    {% for raw_table in raw_tables() %}
    select
        '{{ raw_table }}' as table_name,
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
        source_file,
        load_source,
        dataset_version,
        loaded_at
    from {{ ref('int_load_log__current') }}
    {%- for rows in counted %}
    union all
    select
        {%- for count in logged + counted %}
        {{ 'found' if count == rows else '0' }} as {{ count }},
        {%- endfor %}
        table_name,
        source_file,
        cast(null as varchar(64)) as load_source,
        cast(null as varchar(64)) as dataset_version,
        cast(null as timestamp) as loaded_at
    from {{ rows }}
    {%- endfor %}

),

totals as (

    select
        {%- for count in logged + counted %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {%- endfor %}
        cast(table_name as varchar(64)) as table_name,
        cast(source_file as varchar(256)) as source_file,
        cast(max(load_source) as varchar(64)) as load_source,
        cast(max(dataset_version) as varchar(64)) as dataset_version,
        max(loaded_at) as loaded_at
    from entries
    group by
        table_name,
        source_file

),

balanced as (

    select
        table_name,
        source_file,
        load_source,
        dataset_version,
        loaded_at,
        records,
        blank_records,
        rejected_records,
        loaded_records,
        records - blank_records - rejected_records - loaded_records as unexplained_records,
        raw_rows,
        loaded_records - raw_rows as unexplained_rows,
        rejected_rows,
        rejected_records - rejected_rows as unexplained_rejects
    from totals

)

select * from balanced
