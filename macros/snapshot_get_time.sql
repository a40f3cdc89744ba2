{#-
    The day from which a snapshot's deletions hold, in place of dbt's own answer, which is the clock of the machine:
    what a file no longer names is gone from the same day as what it changes holds (`holds_from`). Found through
    `dispatch` in dbt_project.yml.
-#}
{% macro default__snapshot_get_time() -%}
    (select max(loaded.holds_from) from ({{ model['compiled_code'] }}) as loaded)
{%- endmacro %}
