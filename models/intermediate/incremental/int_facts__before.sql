{#- As earlier builds have left them, before the facts are built again: none in a first or full build. -#}
{% do depends_on_only('thresholds') %}
{% set columns = {
    'sales': [
        'order_date', 'order_number', 'order_line_number', 'customer_key', 'product_key', 'territory_key',
        'order_quantity', 'revenue',
    ],
    'returns': [
        'return_date', 'null', 'null', 'null', 'product_key', 'territory_key', 'return_quantity', 'returned_value',
    ],
} %}
{% set names = [
    'fact_date', 'order_number', 'order_line_number', 'customer_key', 'product_key', 'territory_key', 'quantity',
    'amount',
] %}
{% set types = [
    'date', 'varchar(64)', 'integer', 'integer', 'integer', 'integer', 'integer', 'numeric(18, 4)',
] %}
{% set facts = {'sales': existing_relation('fact_sales', 'build_state')} %}
{% do facts.update({'returns': existing_relation('fact_returns', 'build_state')}) %}
{% set affected = ref('int_files__affected') %}
{% set rows = [] %}
{% if facts.sales and facts.returns %}
    {#- Of another lake than the one that is built, nothing is compared. -#}
    {% set rows = run_query(
        "select table_name, source_file, split_part(build_state, ' ', 1) as lake_id from " ~ affected
        ~ " where change in ('changed', 'gone', 'shares order lines')"
    ).rows %}
{% endif %}

with

facts_before as (

    select
        cast(null as varchar(64)) as table_name,
        cast(null as varchar(256)) as source_file,
        cast(null as bigint) as record_number,
        {%- for name in names %}
        cast(null as {{ types[loop.index0] }}) as {{ name }},
        {%- endfor %}
        cast(null as date) as closed_until
    where false
    {%- for table_name, source_file, lake_id in rows %}
    union all
    select
        cast('{{ table_name }}' as varchar(64)) as table_name,
        facts.source_file,
        facts.record_number,
        {%- for name in names %}
        cast({{ columns[table_name][loop.index0] }} as {{ types[loop.index0] }}) as {{ name }},
        {%- endfor %}
        last_sale.last_date - cast({{ threshold('drift_closed_days') }} as integer) as closed_until
    from {{ facts[table_name] }} as facts
    cross join (select max(order_date) as last_date from {{ facts.sales }}) as last_sale
    where
        {{ in_list('facts.source_file', [source_file]) }}
        and facts.build_state like '{{ lake_id }} %'
    {%- endfor %}

)

select * from facts_before
