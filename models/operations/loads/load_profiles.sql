{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    full_refresh=false,
    meta={'keeps_history': true},
) }}

{#- What is looked at: the mean of numbers, mean and range of dates, the share of each value of codes. -#}
{%- set columns = [
    ('calendar', 'calendar_date', 'date'),
    ('customers', 'annual_income', 'number'),
    ('customers', 'total_children', 'number'),
    ('customers', 'birth_date', 'date'),
    ('customers', 'prefix', 'code'),
    ('customers', 'gender', 'code'),
    ('customers', 'marital_status', 'code'),
    ('customers', 'education_level', 'code'),
    ('customers', 'occupation', 'code'),
    ('product_categories', 'category_name', 'code'),
    ('product_subcategories', 'subcategory_name', 'code'),
    ('product_subcategories', 'product_category_key', 'code'),
    ('products', 'product_price', 'number'),
    ('products', 'product_cost', 'number'),
    ('products', 'product_color', 'code'),
    ('products', 'product_subcategory_key', 'code'),
    ('returns', 'return_quantity', 'number'),
    ('returns', 'return_date', 'date'),
    ('returns', 'territory_key', 'code'),
    ('sales', 'order_quantity', 'number'),
    ('sales', 'order_date', 'date'),
    ('sales', 'stock_date', 'date'),
    ('sales', 'territory_key', 'code'),
    ('territories', 'region', 'code'),
    ('territories', 'country', 'code'),
] -%}

with

-- The files that have come since the last build; the profiles of earlier loads stay as they are.
new_files as (

    select
        current_loads.load_id,
        current_loads.table_name,
        current_loads.source_file,
        current_loads.loaded_at
    from {{ ref('int_load_log__current') }} as current_loads
    {%- if is_incremental() %}
    left join
        (
            select distinct
                load_id,
                source_file
            from {{ this }}
        ) as profiled
        on
            current_loads.load_id = profiled.load_id
            and current_loads.source_file = profiled.source_file
    where profiled.load_id is null
    {%- endif %}

),

profiles as (
    {% for table, column, kind in columns %}
    select
        '{{ table }}' as table_name,
        source_file,
        '{{ column }}' as column_name,
        {{ "coalesce(cast(" ~ column ~ " as varchar(256)), '(empty)')" if kind == 'code' else "'(all)'" }}
            as column_value,
        count(*) as records,
        {{ mean_of(column, kind) }} as mean_value,
        {{ 'min(' ~ column ~ ')' if kind == 'date' else 'cast(null as date)' }} as first_date,
        {{ 'max(' ~ column ~ ')' if kind == 'date' else 'cast(null as date)' }} as last_date
    from {{ ref('stg_adventure_works__' ~ table) }}
    where source_file in (select new_files.source_file from new_files)
    group by {{ 'source_file, ' ~ column if kind == 'code' else 'source_file' }}
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
