{% macro query_comment(node, connection_name) -%}
    {{ return(tojson({
        'app': 'adventure_works',
        'node': node.unique_id if node else connection_name,
        'run': invocation_id,
        'target': target.name,
    })) }}
{%- endmacro %}


{% macro statement_comment() -%}
    /* {{ adventure_works.query_comment(model, '') }} */
{%- endmacro %}
