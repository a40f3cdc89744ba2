{% macro finding_columns() -%}
    {{ return({
        'table_name': 'varchar(64)',
        'source_file': 'varchar(256)',
        'column_name': 'varchar(64)',
        'records': 'bigint',
        'of_records': 'bigint',
        'concerned': 'bigint',
        'amount': 'numeric(18, 4)',
        'lowest': 'numeric(18, 4)',
        'highest': 'numeric(18, 4)',
        'first_date': 'date',
        'last_date': 'date',
    }) }}
{%- endmacro %}


{% macro finding(name, relation, stops, columns) -%}
select
        cast('{{ name }}' as varchar(64)) as finding,
        {{ stops }} as stops_the_build,
        {%- for column, type in adventure_works.finding_columns().items() %}
        cast({{ columns.get(column, 'null') }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
{%- endmacro %}


{% macro exceeds(records, of_records, share) -%}
    coalesce(
            {{ records }} > {{ adventure_works.threshold('guard_small_number') }}
            and {{ records }} > {{ of_records }} * {{ adventure_works.threshold(share) }},
            false
        )
{%- endmacro %}
