{#-
    The table that earlier runs have left of a model, or none: when it is not there, when it lacks a column that is asked
    for, and when everything is to be built anew. Unlike `ref` it makes no dependency, so that the start of the way to
    a fact can look at what the fact holds.
-#}
{% macro existing_relation(model_name, column=none) -%}
    {%- if not execute or flags.FULL_REFRESH -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ model_name] -%}
    {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
    {%- if relation is none or not relation.is_table -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
    {{ return(relation if column is none or column in columns else none) }}
{%- endmacro %}


{#- Makes a dependency on a model that the SQL at hand does not read, or reads in some runs only. -#}
{% macro depends_on_only(model_name) -%}
    {%- if not execute -%}
        {%- do ref(model_name) -%}
    {%- endif -%}
{%- endmacro %}


{#- What a build is made from, as the facts record it: the lake, its newest load, and the `as_of_date` var. -#}
{% macro build_state(lake_id, load_id) -%}
    cast({{ lake_id }} || ' ' || {{ load_id }} || ' {{ var('as_of_date') or 'latest' }}' as varchar(64))
{%- endmacro %}


{#-
    A condition on `source_file`: in an incremental run, that the file is one that this run reads again. The names are
    written out, so that the engine skips the other files without looking into them.
-#}
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


{#- A condition that a column of text has one of the values; false when there are none. -#}
{% macro in_list(column, values) -%}
    {%- if not values -%}
        {{ return('false') }}
    {%- endif -%}
    {%- set literals = [] -%}
    {%- for value in values -%}
        {%- do literals.append(dbt.string_literal(dbt.escape_single_quotes(value))) -%}
    {%- endfor -%}
    {{ return(column ~ ' in (' ~ literals | join(', ') ~ ')') }}
{%- endmacro %}


{#-
    Incremental strategy: the rows of every affected file leave the table, and what those files bring now comes in. Unlike
    dbt's delete+insert it also removes the rows of files that bring none any more. `meta.raw_table` names the table.
-#}
{% macro get_incremental_replace_source_files_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where {{ adventure_works.is_affected_file(config.get('meta')['raw_table']) }};

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arguments['temp_relation'] }};
{%- endmacro %}
