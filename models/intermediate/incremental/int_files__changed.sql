{#- Tables of earlier runs; none in a first or full build, in which every file is new. -#}
{% set fact_sales = existing_relation('fact_sales', 'build_state') %}
{% set fact_returns = existing_relation('fact_returns', 'build_state') %}
{% set last_run = existing_relation('int_files__affected') %}
{% set outside_the_facts = [
    ('sales', existing_relation('int_sales__repeated'), false),
    ('sales', existing_relation('int_sales__quarantined'), true),
    ('returns', existing_relation('int_returns__quarantined'), true),
] %}

with

current_files as (

    select
        table_name,
        source_file,
        load_id
    from {{ ref('int_load_log__current') }}
    where table_name in ('sales', 'returns')

),

-- The newest load of the lake, and of each lookup table of the facts.
newest_loads as (

    select
        {%- for table_name in ('calendar', 'customers', 'products', 'territories') %}
        max(case when table_name = '{{ table_name }}' then load_id end) as {{ table_name }}_load_id,
        {%- endfor %}
        max(
            case when table_name = 'products' and corrects_load_id is not null then load_id end
        ) as correction_load_id,
        min(load_id) as lake_id,
        max(load_id) as load_id
    from {{ ref('stg_adventure_works__load_log') }}

),

built_rows as (

    select
        cast(null as varchar(64)) as table_name,
        cast(null as varchar(256)) as source_file,
        cast(null as varchar(64)) as build_state,
        cast(null as date) as first_date,
        cast(null as date) as last_date,
        0 as unknown_customers,
        0 as quarantined_records
    where false
    {%- if fact_sales %}
    union all
    select
        cast('sales' as varchar(64)) as table_name,
        source_file,
        min(build_state) as build_state,
        min(order_date) as first_date,
        max(order_date) as last_date,
        count(case when customer_key = -1 then 1 end) as unknown_customers,
        0 as quarantined_records
    from {{ fact_sales }}
    group by source_file
    {%- endif %}
    {%- if fact_returns %}
    union all
    select
        cast('returns' as varchar(64)) as table_name,
        source_file,
        min(build_state) as build_state,
        min(return_date) as first_date,
        max(return_date) as last_date,
        0 as unknown_customers,
        0 as quarantined_records
    from {{ fact_returns }}
    group by source_file
    {%- endif %}
    {%- for table_name, relation, is_quarantine in outside_the_facts if relation %}
    union all
    select
        cast('{{ table_name }}' as varchar(64)) as table_name,
        source_file,
        cast(null as varchar(64)) as build_state,
        cast(null as date) as first_date,
        cast(null as date) as last_date,
        0 as unknown_customers,
        {{ 'count(*)' if is_quarantine else '0' }} as quarantined_records
    from {{ relation }}
    group by source_file
    {%- endfor %}

),

built_files as (

    select
        table_name,
        source_file,
        split_part(min(build_state), ' ', 1) as lake_id,
        split_part(min(build_state), ' ', 2) as load_id,
        split_part(min(build_state), ' ', 3) as as_of_date,
        min(build_state) as build_state,
        min(first_date) as first_date,
        max(last_date) as last_date,
        sum(unknown_customers) as unknown_customers,
        sum(quarantined_records) as quarantined_records
    from built_rows
    group by
        table_name,
        source_file

),

calendar as (

    select
        min(calendar_date) as first_date,
        max(calendar_date) as last_date
    from {{ ref('stg_adventure_works__calendar') }}

),

-- The data-through date when the fact was built. Product versions loaded since are valid only after it.
as_of_dates as (

    select
        built_files.table_name,
        built_files.source_file,
        max(load_log.as_of_date) as as_of_date
    from built_files
    inner join {{ ref('stg_adventure_works__load_log') }} as load_log
        on built_files.load_id >= load_log.load_id
    group by
        built_files.table_name,
        built_files.source_file

),

-- The files that the last run planned to rebuild; it may have failed before it built the fact.
last_run as (

    select
        cast(null as varchar(64)) as table_name,
        cast(null as varchar(256)) as source_file,
        cast(null as varchar(64)) as build_state
    where false
    {%- if last_run %}
    union all
    select
        table_name,
        source_file,
        build_state
    from {{ last_run }}
    where is_affected
    {%- endif %}

),

judged as (

    select
        cast(coalesce(current_files.table_name, built_files.table_name) as varchar(64)) as table_name,
        coalesce(current_files.source_file, built_files.source_file) as source_file,
        {{ build_state('newest_loads.lake_id', 'newest_loads.load_id') }} as build_state,
        cast(case
            when current_files.source_file is null then 'gone'
            when built_files.build_state is null then 'new'
            when
                built_files.lake_id <> newest_loads.lake_id
                or built_files.load_id < current_files.load_id
                or built_files.load_id > newest_loads.load_id
                then 'changed'
            when built_files.as_of_date <> '{{ as_of_date() or 'latest' }}' then 'as-of date'
            when last_run.build_state <> built_files.build_state then 'unfinished'
            when
                built_files.load_id < newest_loads.products_load_id
                and (
                    built_files.quarantined_records > 0
                    or coalesce(built_files.last_date > as_of_dates.as_of_date, true)
                )
                then 'products'
            when built_files.load_id < newest_loads.correction_load_id then 'products'
            when built_files.load_id < newest_loads.territories_load_id then 'territories'
            when built_files.load_id < newest_loads.customers_load_id and built_files.unknown_customers > 0
                then 'customers'
            when
                built_files.load_id < newest_loads.calendar_load_id
                and (
                    built_files.quarantined_records > 0
                    or not coalesce(
                        built_files.first_date >= calendar.first_date
                        and built_files.last_date <= calendar.last_date,
                        false
                    )
                )
                then 'calendar'
        end as varchar(64)) as change
    from current_files
    full outer join built_files
        on
            current_files.table_name = built_files.table_name
            and current_files.source_file = built_files.source_file
    {%- for facts_of_a_file in ('as_of_dates', 'last_run') %}
    left join {{ facts_of_a_file }}
        on
            built_files.table_name = {{ facts_of_a_file }}.table_name
            and built_files.source_file = {{ facts_of_a_file }}.source_file
    {%- endfor %}
    cross join newest_loads
    cross join calendar

)

select * from judged
