{% macro get_incremental_replace_source_files_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where {{ adventure_works.is_affected_file(config.get('meta')['raw_table']) }};

    {{ adventure_works.statement_comment() }}
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arguments['temp_relation'] }};
{%- endmacro %}


{% macro is_affected_file(table_name) -%}
    {%- do adventure_works.depends_on_only('int_files__affected') -%}
    {%- if not execute or not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set query -%}
        select source_file from {{ ref('int_files__affected') }}
        where is_affected and table_name = '{{ table_name }}'
        order by source_file
    {%- endset -%}
    {{ return(adventure_works.in_list('source_file', run_query(query).columns[0].values())) }}
{%- endmacro %}


{% macro build_state(lake_id, load_id) -%}
    cast({{ lake_id }} || ' ' || {{ load_id }} || ' {{ adventure_works.as_of_date() or 'latest' }}' as varchar(64))
{%- endmacro %}
