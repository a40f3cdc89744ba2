{% macro prepare_run_results() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'snapshot', 'retry') -%}
        {{ return(adapter.dispatch('prepare_run_results', 'adventure_works')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__prepare_run_results() -%}
    {#- A developer may not change the schema of the runs. -#}
    {%- if adventure_works.is_developers_place() -%}
        {{ return('') }}
    {%- endif -%}
    {%- set table = adventure_works.run_results_source() -%}
    {#- Commit here: dbt rolls back a transaction that an earlier catalogue query left open. -#}
    begin;
    {{ adventure_works.statement_comment() }}
    create schema if not exists {{ table.schema }};
    {{ adventure_works.statement_comment() }}
    create table if not exists {{ table.schema }}.{{ table.identifier }} (
        {%- for column in table.columns.values() %}
        {{ column.name }} {{ column.data_type }}{{ ',' if not loop.last }}
        {%- endfor %}
    );
    {%- set columns = api.Relation.create(database=target.database, schema=table.schema, identifier=table.identifier) -%}
    {%- set there = adapter.get_columns_in_relation(columns) | map(attribute='name') | list -%}
    {%- for column in table.columns.values() if there and column.name not in there %}
    {{ adventure_works.statement_comment() }}
    alter table {{ table.schema }}.{{ table.identifier }} add column {{ column.name }} {{ column.data_type }};
    {%- endfor %}
    commit
{%- endmacro %}

{% macro duckdb__prepare_run_results() -%}
    {#- A file without rows has the columns that files of an earlier version lack. -#}
    {%- set name = 'columns-' ~ local_md5(tojson(adventure_works.run_results_types())) -%}
    {#- Escapes wildcards, so that they are literal in the path of the lake. -#}
    {%- set folder = adventure_works.runs_folder() | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]') -%}
    {%- set file = adventure_works.quoted_string(folder ~ '/run-' ~ name ~ '.parquet') -%}
    {%- if run_query('select count(*) from glob(' ~ file ~ ')').columns[0].values()[0] == 0 -%}
        {%- do adventure_works.record_run(name, []) -%}
    {%- endif -%}
{%- endmacro %}


{% macro keep_results(rows) -%}
    {{ return(adapter.dispatch('keep_results', 'adventure_works')(rows)) }}
{%- endmacro %}

{% macro default__keep_results(rows) -%}
    {%- set table = adventure_works.run_results_source() -%}
    {%- set name = table.schema ~ '.' ~ table.identifier -%}
    {%- set may = run_query("select has_table_privilege('" ~ name ~ "', 'insert')").columns[0].values()[0] -%}
    {%- if may -%}
        begin;
        {{ adventure_works.statement_comment() }}
        insert into {{ name }} values
        {%- for row in rows %}
        (
            {%- for value in row -%}
                {{ adventure_works.quoted_string(value) if value is string else tojson(value) }}
                {{- ', ' if not loop.last }}
            {%- endfor -%}
        ){{ ';' if loop.last else ',' }}
        {%- endfor %}
        commit
    {%- else -%}
        {%- do exceptions.warn(
            "The results of this run are not kept: this login may not insert into " ~ name ~ ". Ask its owner "
            ~ "to grant that, so that `adventure status` shows this run."
        ) -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__keep_results(rows) -%}
    {%- do adventure_works.record_run(invocation_id, rows) -%}
{%- endmacro %}


{% macro record_run(name, rows) -%}
    {%- set arguments = [] -%}
    {%- for argument in (
        adventure_works.runs_folder(), name, tojson(adventure_works.run_results_types()), tojson(rows)
    ) -%}
        {%- do arguments.append(adventure_works.quoted_string(argument)) -%}
    {%- endfor -%}
    {%- set problem = run_query('select record_run(' ~ arguments | join(', ') ~ ')').columns[0].values()[0] -%}
    {%- if problem -%}
        {%- do exceptions.warn(
            "The results of this run are not kept in " ~ adventure_works.runs_folder() ~ ": " ~ problem
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro run_results_types() -%}
    {%- set types = [] -%}
    {%- for column in adventure_works.run_results_source().columns.values() -%}
        {%- do types.append([column.name, column.data_type]) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}


{% macro run_results_source() -%}
    {{ return(graph.sources['source.adventure_works.adventure_works_runs.run_results']) }}
{%- endmacro %}


{% macro runs_folder() -%}
    {{ return(env_var('ADVENTURE_LAKE', 'lake') ~ '/runs') }}
{%- endmacro %}
