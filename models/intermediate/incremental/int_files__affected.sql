{% do depends_on_only('int_sales__as_of') %}
{% set changes = ref('int_files__changed') %}
{% set repeated = existing_relation('int_sales__repeated') %}
{% set loaded, others = [], [] %}
{% if existing_relation('fact_sales', 'build_state') %}
    {% set sales = "select source_file from " ~ changes ~ " where table_name = 'sales' and " %}
    {% do loaded.extend(run_query(sales ~ "change in ('new', 'changed')").columns[0].values()) %}
    {% do others.extend(run_query(sales ~ "change is null").columns[0].values()) %}
{% endif %}

with

{% if repeated -%}
shared_lines as (

    select
        order_number,
        order_line_number
    from {{ repeated }}
    group by
        order_number,
        order_line_number
    having min(source_file) <> max(source_file)

),

{% endif -%}
-- Files that shared order lines with other files when they were built.
long_sharing as (

    select cast(null as varchar(256)) as source_file
    where false
    {%- if repeated %}
    union
    select repeated.source_file
    from {{ repeated }} as repeated
    inner join shared_lines
        on
            repeated.order_number = shared_lines.order_number
            and repeated.order_line_number = shared_lines.order_line_number
    {%- endif %}

),

{% if loaded and others -%}
loaded_lines as (

    select
        order_number,
        order_line_number
    from {{ ref('int_sales__as_of') }}
    where {{ in_list('source_file', loaded) }}
    group by
        order_number,
        order_line_number

),

{% endif -%}
-- Unchanged files that share an order line with a file that was loaded since.
newly_sharing as (

    select cast(null as varchar(256)) as source_file
    where false
    {%- if loaded and others %}
    union
    select sales.source_file
    from {{ ref('int_sales__as_of') }} as sales
    inner join loaded_lines
        on
            sales.order_number = loaded_lines.order_number
            and sales.order_line_number = loaded_lines.order_line_number
    where {{ in_list('sales.source_file', others) }}
    {%- endif %}

),

sharing as (

    select
        files.*,
        long_sharing.source_file is not null as is_long_sharing,
        files.change is not null or newly_sharing.source_file is not null as is_touched
    from {{ changes }} as files
    left join long_sharing
        on
            files.source_file = long_sharing.source_file
            and files.table_name = 'sales'
    left join newly_sharing
        on
            files.source_file = newly_sharing.source_file
            and files.table_name = 'sales'

),

-- If one of the files that share an order line is read again, all of them are: repeats are checked together.
judged as (

    select
        *,
        is_touched
        or (
            is_long_sharing
            and max(case when is_long_sharing and is_touched then 1 else 0 end) over () = 1
        ) as is_affected
    from sharing

),

final as (

    select
        table_name,
        source_file,
        build_state,
        cast(
            case when is_affected then coalesce(change, 'shares order lines') end as varchar(64)
        ) as change,
        is_affected
    from judged

)

select * from final
