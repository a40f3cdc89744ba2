{#- What earlier runs have left; none in a first or full build, in which every file is new. -#}
{% set fact_sales = existing_relation('fact_sales', 'build_state') %}
{% set fact_returns = existing_relation('fact_returns', 'build_state') %}
{% set last_run = existing_relation('int_files__affected') %}
{% set kept_aside = [
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

-- When the lake changed last, and when each table that a fact looks something up in did.
newest_loads as (

    select
        min(load_id) as lake_id,
        max(load_id) as load_id,
        max(case when table_name = 'calendar' then load_id end) as calendar_load_id,
        max(case when table_name = 'customers' then load_id end) as customers_load_id,
        max(case when table_name = 'products' then load_id end) as products_load_id,
        max(case when table_name = 'territories' then load_id end) as territories_load_id
    from {{ ref('stg_adventure_works__load_log') }}

),

previously_loaded as (

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
        'sales' as table_name,
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
        'returns' as table_name,
        source_file,
        min(build_state) as build_state,
        min(return_date) as first_date,
        max(return_date) as last_date,
        0 as unknown_customers,
        0 as quarantined_records
    from {{ fact_returns }}
    group by source_file
    {%- endif %}
    {%- for table_name, relation, is_quarantine in kept_aside if relation %}
    union all
    select
        '{{ table_name }}' as table_name,
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

held_files as (

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
    from previously_loaded
    group by
        table_name,
        source_file

),

-- Days between the first and the last of a file that the calendar has.
known_days as (

    select
        held_files.table_name,
        held_files.source_file,
        count(*) as known_days
    from held_files
    inner join {{ ref('stg_adventure_works__calendar') }} as calendar
        on
            held_files.first_date <= calendar.calendar_date
            and held_files.last_date >= calendar.calendar_date
    group by
        held_files.table_name,
        held_files.source_file

),

-- The last day that the lake told of when the fact was built. What has changed of a product since holds from
-- a later day.
known_until as (

    select
        held_files.table_name,
        held_files.source_file,
        max(load_log.as_of_date) as last_known_date
    from held_files
    inner join {{ ref('stg_adventure_works__load_log') }} as load_log
        on held_files.load_id >= load_log.load_id
    group by
        held_files.table_name,
        held_files.source_file

),

-- What the last run set out to do and may not have done: it can have died before the fact.
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
        coalesce(current_files.table_name, held_files.table_name) as table_name,
        coalesce(current_files.source_file, held_files.source_file) as source_file,
        {{ build_state('newest_loads.lake_id', 'newest_loads.load_id') }} as build_state,
        case
            when current_files.source_file is null then 'gone'
            when held_files.build_state is null then 'new'
            when
                held_files.lake_id <> newest_loads.lake_id
                or held_files.load_id < current_files.load_id
                or held_files.load_id > newest_loads.load_id
                then 'changed'
            when held_files.as_of_date <> '{{ var('as_of_date') or 'latest' }}' then 'as-of date'
            when last_run.build_state <> held_files.build_state then 'unfinished'
            when
                held_files.load_id < newest_loads.products_load_id
                and (
                    held_files.quarantined_records > 0
                    or coalesce(held_files.last_date > known_until.last_known_date, true)
                )
                then 'products'
            when held_files.load_id < newest_loads.territories_load_id then 'territories'
            when held_files.load_id < newest_loads.customers_load_id and held_files.unknown_customers > 0
                then 'customers'
            when
                held_files.load_id < newest_loads.calendar_load_id
                and (
                    held_files.quarantined_records > 0
                    or coalesce(known_days.known_days, 0) <= held_files.last_date - held_files.first_date
                )
                then 'calendar'
        end as change
    from current_files
    full outer join held_files
        on
            current_files.table_name = held_files.table_name
            and current_files.source_file = held_files.source_file
    left join known_days
        on
            held_files.table_name = known_days.table_name
            and held_files.source_file = known_days.source_file
    left join known_until
        on
            held_files.table_name = known_until.table_name
            and held_files.source_file = known_until.source_file
    left join last_run
        on
            held_files.table_name = last_run.table_name
            and held_files.source_file = last_run.source_file
    cross join newest_loads

),

final as (

    select
        cast(table_name as varchar(64)) as table_name,
        source_file,
        build_state,
        cast(change as varchar(64)) as change
    from judged

)

select * from final
