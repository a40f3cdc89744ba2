{#- Counts first: the failing rows of a test are stored only when there are any. -#}
{% materialization test, default -%}
    {%- call statement('main', fetch_result=true) -%}
        {{ get_test_sql(sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
    {%- endcall -%}
    {%- if load_result('main')['data'][0][0] -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}
    {%- set from_before = adapter.get_relation(database, schema, model.alias) -%}
    {%- if from_before is not none -%}
        {%- call statement('drop_from_before', auto_begin=true) -%}
            {{ get_drop_sql(from_before) }}
        {%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {{ return({'relations': []}) }}
{%- endmaterialization %}
