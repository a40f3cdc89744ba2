{#-
    Runs before a build, run, test or snapshot: when the loader has not filled the lake yet, stop with one message
    that says what to do, rather than with one error per model that cannot find its files.
-#}
{% macro check_lake_is_loaded() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'snapshot') -%}
        {%- set missing = [] -%}
        {%- for source in graph.sources.values() if source.source_name in ('adventure_works', 'adventure_works_load') -%}
            {%- if not adventure_works.is_loaded(source) -%}
                {%- do missing.append(source.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if missing -%}
            {%- do exceptions.raise_compiler_error(
                "The lake is not loaded: nothing was found for " ~ missing | sort | join(", ") ~ ".\n"
                ~ "Looked in " ~ adventure_works.lake_location() ~ ".\n"
                ~ "Load it first: `make run` does everything, or `adventure load --source sample` "
                ~ "(or `kaggle`, or a folder of CSV files) and then this command again."
            ) -%}
        {%- endif -%}
        {%- for source in graph.sources.values() if source.name == 'load_log' -%}
            {%- set unknown = source.columns | map('lower') | reject('in', adventure_works.columns_of_source(source)) | list -%}
            {%- if unknown -%}
                {%- do exceptions.raise_compiler_error(
                    "The lake was loaded by an earlier version of this project: load_log has no " ~ unknown | join(", ")
                    ~ ".\nLooked in " ~ adventure_works.lake_location() ~ ".\n"
                    ~ "Load everything afresh: `adventure load --replace --source ...`, and then this command again."
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{#- The columns that a source has, in lower case. -#}
{% macro columns_of_source(source) -%}
    {{ return(adapter.dispatch('columns_of_source', 'adventure_works')(source)) }}
{%- endmacro %}

{% macro default__columns_of_source(source) -%}
    {%- set relation = adapter.get_relation(source.database, source.schema, source.identifier) -%}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list) }}
{%- endmacro %}

{% macro duckdb__columns_of_source(source) -%}
    {%- set files = source.config.meta.external_location | replace('{name}', source.name) | replace("'", "''") -%}
    {%- set found = run_query("describe select * from read_parquet('" ~ files ~ "')") -%}
    {{ return(found.columns[0].values() | map('lower') | list) }}
{%- endmacro %}


{#- Whether the loader has left anything for a source. -#}
{% macro is_loaded(source) -%}
    {{ return(adapter.dispatch('is_loaded', 'adventure_works')(source)) }}
{%- endmacro %}

{% macro default__is_loaded(source) -%}
    {%- set relation = adapter.get_relation(source.database, source.schema, source.identifier) -%}
    {%- if relation is none -%}
        {{ return(false) }}
    {%- elif source.name == 'load_log' -%}
        {#- The tables may have been created and never filled. -#}
        {{ return(run_query("select count(*) from " ~ relation).columns[0].values()[0] > 0) }}
    {%- endif -%}
    {{ return(true) }}
{%- endmacro %}

{% macro duckdb__is_loaded(source) -%}
    {%- set files = source.config.meta.external_location | replace('{name}', source.name) -%}
    {%- if files.startswith('s3://') -%}
        {%- do exceptions.raise_compiler_error(
            "The lake is on S3 (" ~ adventure_works.lake_location() ~ "), which DuckDB does not read here.\n"
            ~ "Build from S3 with --target prod, or set ADVENTURE_LAKE to a folder."
        ) -%}
    {%- endif -%}
    {%- set found = run_query("select count(*) from glob('" ~ files | replace("'", "''") ~ "')") -%}
    {{ return(found.columns[0].values()[0] > 0) }}
{%- endmacro %}


{#- Where the sources are looked for, in words. -#}
{% macro lake_location() -%}
    {{ return(adapter.dispatch('lake_location', 'adventure_works')()) }}
{%- endmacro %}

{% macro default__lake_location() -%}
    {{ return("schema " ~ env_var('REDSHIFT_SCHEMA', 'adventure_works') ~ "_raw of database " ~ target.database) }}
{%- endmacro %}

{% macro duckdb__lake_location() -%}
    {{ return(env_var('ADVENTURE_RAW', env_var('ADVENTURE_LAKE', 'lake') ~ '/raw')) }}
{%- endmacro %}
