{% macro columns_of_source(source) -%}
    {{ return(adapter.dispatch('columns_of_source', 'adventure_works')(source)) }}
{%- endmacro %}

{% macro default__columns_of_source(source) -%}
    {%- set relation = adapter.get_relation(source.database, source.schema, source.identifier) -%}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list) }}
{%- endmacro %}

{% macro duckdb__columns_of_source(source) -%}
    {%- set found = run_query("describe select * from " ~ adventure_works.source_relation(source)) -%}
    {{ return(found.columns[0].values() | map('lower') | list) }}
{%- endmacro %}


{% macro is_loaded(source) -%}
    {{ return(adapter.dispatch('is_loaded', 'adventure_works')(source)) }}
{%- endmacro %}

{% macro default__is_loaded(source) -%}
    {%- set relation = adapter.get_relation(source.database, source.schema, source.identifier) -%}
    {%- if relation is none -%}
        {{ return(false) }}
    {%- elif source.name == 'load_log' -%}
        {#- The tables can exist without rows. -#}
        {{ return(run_query("select count(*) from " ~ relation).columns[0].values()[0] > 0) }}
    {%- endif -%}
    {{ return(true) }}
{%- endmacro %}

{% macro duckdb__is_loaded(source) -%}
    {%- set relation = adventure_works.source_relation(source) -%}
    {%- if not relation.startswith('read_parquet(') -%}
        {#- Rows of an earlier load, which the run has found. -#}
        {{ return(true) }}
    {%- endif -%}
    {#- What read_parquet reads: a pattern, or a list of files. -#}
    {%- set files = relation[('read_parquet(' | length):-1] -%}
    {%- if files.startswith("'s3://") -%}
        {%- do exceptions.raise_compiler_error(
            "The lake is on S3 (" ~ adventure_works.lake_location() ~ "), which DuckDB does not read here.\n"
            ~ "Build from S3 with --target prod, or set ADVENTURE_LAKE to a folder."
        ) -%}
    {%- endif -%}
    {%- set found = run_query("select count(*) from glob(" ~ files ~ ")") -%}
    {{ return(found.columns[0].values()[0] > 0) }}
{%- endmacro %}


{% macro lake_location() -%}
    {{ return(adapter.dispatch('lake_location', 'adventure_works')()) }}
{%- endmacro %}

{% macro default__lake_location() -%}
    {{ return("schema " ~ env_var('REDSHIFT_SCHEMA', 'adventure_works') ~ "_raw of database " ~ target.database) }}
{%- endmacro %}

{% macro duckdb__lake_location() -%}
    {{ return(env_var('ADVENTURE_RAW', env_var('ADVENTURE_LAKE', 'lake') ~ '/raw')) }}
{%- endmacro %}


{% macro source_relation(source) -%}
    {{ return(adapter.dispatch('source_relation', 'adventure_works')(source)) }}
{%- endmacro %}

{% macro default__source_relation(source) -%}
    {{ return(source.schema ~ '.' ~ source.identifier) }}
{%- endmacro %}

{% macro duckdb__source_relation(source) -%}
    {{ return(source.config.meta.external_location.format(name=source.name)) }}
{%- endmacro %}
