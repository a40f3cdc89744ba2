{#-
    What became of every node of every build, kept in `run_results` (models/staging/runs/_runs__sources.yml has its columns)
    beside the data and not in the warehouse that is built: a build whose audit fails leaves its results all the same.

    DuckDB: one Parquet file a run in <lake>/runs, which the view runs.run_results reads; `record_run` is a function of
    scripts/adventure_works/monitor/dbt_plugin.py. Redshift: the table <schema>_runs.run_results.
-#}

{#- Runs before anything is built: makes `run_results` readable, also when no run has been recorded yet. -#}
{% macro prepare_run_results() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'snapshot', 'retry') -%}
        {{ return(adapter.dispatch('prepare_run_results', 'adventure_works')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__prepare_run_results() -%}
    {%- set table = adventure_works.run_results_source() -%}
    {#- What asks the catalogue before may have left a transaction open, which dbt rolls back. -#}
    begin;
    create schema if not exists {{ table.schema }};
    create table if not exists {{ table.schema }}.{{ table.identifier }} (
        {%- for column in table.columns.values() %}
        {{ column.name }} {{ column.data_type }}{{ ',' if not loop.last }}
        {%- endfor %}
    );
    commit
{%- endmacro %}

{% macro duckdb__prepare_run_results() -%}
    {%- set table = adventure_works.run_results_source() -%}
    {#- In the path of the lake, the characters of a pattern stand for themselves. -#}
    {%- set folder = adventure_works.runs_folder() | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]') -%}
    {%- set files = adventure_works.quoted_string(folder ~ '/run-*.parquet') -%}
    {%- set is_recorded = run_query('select count(*) from glob(' ~ files ~ ')').columns[0].values()[0] > 0 -%}
    create schema if not exists {{ table.schema }};
    create or replace view {{ table.schema }}.{{ table.identifier }} as
    select
        {%- for column in table.columns.values() %}
        cast({{ column.name if is_recorded else 'null' }} as {{ column.data_type }}) as {{ column.name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    {{ 'from read_parquet(' ~ files ~ ', union_by_name = true)' if is_recorded else 'where false' }}
{%- endmacro %}


{#- Runs at the end: keeps the results. A build is as it is, whether or not they can be kept. -#}
{% macro record_results(results) -%}
    {%- if execute and results and flags.WHICH in ('build', 'run', 'test', 'seed', 'snapshot', 'retry') -%}
        {%- set rows = adventure_works.result_rows(results) -%}
        {%- if rows -%}
            {{ return(adapter.dispatch('keep_results', 'adventure_works')(rows)) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro default__keep_results(rows) -%}
    {%- set table = adventure_works.run_results_source() -%}
    {%- set name = table.schema ~ '.' ~ table.identifier -%}
    {%- set may = run_query("select has_table_privilege('" ~ name ~ "', 'insert')").columns[0].values()[0] -%}
    {%- if may -%}
        begin;
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
            "The results of this run are not kept: this login may not insert into " ~ name ~ ". Let its owner "
            ~ "grant that, so that `adventure status` can tell of this run."
        ) -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__keep_results(rows) -%}
    {%- set types = [] -%}
    {%- for column in adventure_works.run_results_source().columns.values() -%}
        {%- do types.append([column.name, column.data_type]) -%}
    {%- endfor -%}
    {%- set arguments = [] -%}
    {%- for argument in (adventure_works.runs_folder(), invocation_id, tojson(types), tojson(rows)) -%}
        {%- do arguments.append(adventure_works.quoted_string(argument)) -%}
    {%- endfor -%}
    {%- set problem = run_query('select record_run(' ~ arguments | join(', ') ~ ')').columns[0].values()[0] -%}
    {%- if problem -%}
        {%- do exceptions.warn(
            "The results of this run are not kept in " ~ adventure_works.runs_folder() ~ ": " ~ problem
        ) -%}
    {%- else -%}
        {#- The first run of all has found no file to make the view of. -#}
        {{ return(adventure_works.prepare_run_results()) }}
    {%- endif -%}
{%- endmacro %}


{#- The rows of `run_results` that the results of a run give: lists of values in the order of its columns. -#}
{% macro result_rows(results) -%}
    {%- set recorded = ('model', 'seed', 'snapshot', 'test', 'unit_test') -%}
    {%- set all_nodes = graph.nodes.values() | selectattr('resource_type', 'in', recorded) | list -%}
    {%- set ran = [] -%}
    {%- for result in results if result.node.resource_type in recorded and result.node.resource_type != 'unit_test' -%}
        {%- do ran.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- set is_whole = flags.WHICH == 'build' and ran | length >= all_nodes | length -%}
    {%- set load_id = adventure_works.newest_load() -%}
    {#- What passed is about to be published: its failing rows (of warnings) will stand where everything then stands. -#}
    {%- set passed = not adventure_works.any_failed(results) -%}
    {%- set password = env_var('REDSHIFT_PASSWORD', '') -%}
    {%- set time = '%Y-%m-%d %H:%M:%S.%f' -%}
    {%- set rows = [] -%}
    {%- for result in results if result.node.resource_type in recorded -%}
        {%- set node, answer = result.node, result.adapter_response or {} -%}
        {%- set took = result.timing | selectattr('name', 'equalto', 'execute') | list -%}
        {%- set kinds = ['unit_test'] if node.resource_type == 'unit_test' else [] -%}
        {%- for kind in ('reconcile', 'suspicious', 'must_hold') if kind in node.tags -%}
            {%- do kinds.append(kind) -%}
        {%- endfor -%}
        {%- set message = result.message or '' -%}
        {%- set message = (message | replace(password, '***') if password else message)[:1000] -%}
        {%- set is_test = node.resource_type == 'test' -%}
        {%- set values = [
            invocation_id, flags.WHICH, target.name, is_whole, load_id, run_started_at.strftime(time),
            took[0].started_at.strftime(time) if took else none,
            took[0].completed_at.strftime(time) if took and took[0].completed_at else none,
            node.unique_id, node.name, node.resource_type | string, kinds | first | default(none),
            result.status | string,
            result.failures if is_test else none,
            adventure_works.place_of_failures(node, passed) if is_test else none,
            adventure_works.count_or_none(answer.get('rows_affected')),
            adventure_works.count_or_none(answer.get('bytes_processed')),
            result.execution_time, message,
        ] -%}
        {%- do rows.append(values) -%}
    {%- endfor -%}
    {{ return(rows) }}
{%- endmacro %}


{#- The table of a test's failing rows; `is_published` for where a candidate's stands once it is published. -#}
{% macro place_of_failures(node, is_published) -%}
    {%- set candidate = env_var('ADVENTURE_CANDIDATE', '') -%}
    {%- if node.relation_name and candidate and is_published -%}
        {{ return(node.relation_name | replace(candidate ~ '_', env_var('REDSHIFT_SCHEMA', 'adventure_works') ~ '_')) }}
    {%- endif -%}
    {{ return(node.relation_name) }}
{%- endmacro %}


{#- A count that an engine tells; none where it tells none, or -1 for it. -#}
{% macro count_or_none(count) -%}
    {{ return(count if count is number and count >= 0 else none) }}
{%- endmacro %}


{#- The newest load of the lake that is built from; none when nothing has been loaded. -#}
{% macro newest_load() -%}
    {%- for source in graph.sources.values() if source.name == 'load_log' and source.package_name == project_name -%}
        {%- if adventure_works.is_loaded(source) -%}
            {%- set place = adapter.dispatch('load_log_place', 'adventure_works')(source) -%}
            {{ return(run_query('select max(load_id) from ' ~ place).columns[0].values()[0]) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro default__load_log_place(source) -%}
    {{ return(source.schema ~ '.' ~ source.identifier) }}
{%- endmacro %}

{% macro duckdb__load_log_place(source) -%}
    {%- set files = source.config.meta.external_location | replace('{name}', source.name) -%}
    {{ return('read_parquet(' ~ adventure_works.quoted_string(files) ~ ')') }}
{%- endmacro %}


{#- The source `run_results`, as dbt's graph has it. -#}
{% macro run_results_source() -%}
    {{ return(graph.sources['source.adventure_works.adventure_works_runs.run_results']) }}
{%- endmacro %}


{#- Where DuckDB's runs are kept. -#}
{% macro runs_folder() -%}
    {{ return(env_var('ADVENTURE_LAKE', 'lake') ~ '/runs') }}
{%- endmacro %}


{#- Text as a literal. Redshift reads a backslash as the start of an escape. -#}
{% macro quoted_string(value) -%}
    {{ return(adapter.dispatch('quoted_string', 'adventure_works')(value)) }}
{%- endmacro %}

{% macro default__quoted_string(value) -%}
    {{ return("'" ~ value | replace('\\', '\\\\') | replace("'", "''") ~ "'") }}
{%- endmacro %}

{% macro duckdb__quoted_string(value) -%}
    {{ return("'" ~ value | replace("'", "''") ~ "'") }}
{%- endmacro %}
