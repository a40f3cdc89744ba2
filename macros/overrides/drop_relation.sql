{#-
    Overrides dbt's macro. dbt drops the backup of each table and view that it makes, also where there was none to keep, as
    in a candidate: on Redshift a transaction and a commit each.
-#}
{% macro drop_relation_if_exists(relation) -%}
    {%- if relation is not none -%}
        {%- if not relation.identifier.endswith('__dbt_backup') or load_cached_relation(relation) is not none -%}
            {{ adapter.drop_relation(relation) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
