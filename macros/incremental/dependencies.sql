{% macro existing_relation(model_name, column=none, in_full_refresh=false) -%}
    {%- if not execute or (flags.FULL_REFRESH and not in_full_refresh) -%}
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


{% macro depends_on_only(model_name) -%}
    {%- if not execute -%}
        {%- do ref(model_name) -%}
    {%- endif -%}
{%- endmacro %}
