{#-
    Redshift analyzes what CREATE TABLE AS makes, and not what CREATE TABLE and INSERT make: tables with a contract, of which
    dbt_project.yml names the large ones. Without statistics everything downstream in the run would be planned blind.
    https://docs.aws.amazon.com/redshift/latest/dg/t_Analyzing_tables.html
-#}
{% macro analyze_table(relation) -%}
    {{ return(adapter.dispatch('analyze_table', 'adventure_works')(relation)) }}
{%- endmacro %}

{% macro default__analyze_table(relation) -%}
    analyze {{ relation }}
{%- endmacro %}

{% macro duckdb__analyze_table(relation) -%}
{%- endmacro %}
