{% macro record_results(results) -%}
    {#- Showing earlier loads to the snapshots is a part of a run, and none by itself. -#}
    {%- set is_history = env_var('ADVENTURE_WAREHOUSE', '') == 'history' -%}
    {%- if execute and results and not is_history and not adventure_works.is_developers_place() and flags.WHICH in (
        'build', 'run', 'test', 'seed', 'snapshot', 'retry'
    ) -%}
        {%- set rows = adventure_works.result_rows(results) -%}
        {%- if rows -%}
            {{ return(adventure_works.keep_results(rows)) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro result_rows(results) -%}
    {%- set recorded = ('model', 'seed', 'snapshot', 'test', 'unit_test') -%}
    {#- After a full parse, dbt keeps the tests of disabled models, which cannot run. -#}
    {%- set known = graph.nodes.keys() | list + graph.sources.keys() | list -%}
    {%- set all_nodes = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in recorded and node.config.materialized != 'ephemeral' -%}
        {%- if node.depends_on.nodes | default([]) | reject('in', known) | list | length == 0 -%}
            {%- do all_nodes.append(node.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set ran = [] -%}
    {%- for result in results if result.node.resource_type in recorded and result.node.resource_type != 'unit_test' -%}
        {%- do ran.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- set is_whole = flags.WHICH == 'build' and ran | length >= all_nodes | length -%}
    {%- set load_id = adventure_works.newest_load() -%}
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
            (node.relation_name or none) if is_test else none,
            adventure_works.count_or_none(answer.get('rows_affected')),
            adventure_works.count_or_none(answer.get('bytes_processed')),
            result.execution_time, message, env_var('ADVENTURE_WAREHOUSE', '') or none,
        ] -%}
        {%- do rows.append(values) -%}
    {%- endfor -%}
    {{ return(rows) }}
{%- endmacro %}


{% macro count_or_none(count) -%}
    {{ return(count if count is number and count >= 0 else none) }}
{%- endmacro %}


{% macro newest_load() -%}
    {%- for source in graph.sources.values() if source.name == 'load_log' and source.package_name == project_name -%}
        {%- if adventure_works.is_loaded(source) -%}
            {%- set relation = adventure_works.source_relation(source) -%}
            {{ return(run_query('select max(load_id) from ' ~ relation).columns[0].values()[0]) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro any_failed(results) -%}
    {%- for result in results if result.status | string in ('error', 'fail', 'runtime error') -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}
