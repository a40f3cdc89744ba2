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
                ~ "(or `kaggle`, or a folder of files) and then this command again."
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
