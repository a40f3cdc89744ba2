{#- Called without a condition on `execute`, so that a wrong var is an error when dbt reads the project. -#}
{% macro check_vars() -%}
    {%- set own = ['as_of_date', 'accept_drift'] -%}
    {%- set of_packages = ['surrogate_key_treat_nulls_as_empty_strings'] -%}
    {%- for name in invocation_args_dict.get('vars', {})
        if name not in own + of_packages and not (name | string).startswith('dbt_') -%}
        {%- do exceptions.raise_compiler_error(
            "--vars: this project has no var " ~ name ~ ". Its vars are " ~ own | join(" and ") ~ "."
        ) -%}
    {%- endfor -%}
    {%- if var('accept_drift') not in (true, false) -%}
        {%- do exceptions.raise_compiler_error(
            "accept_drift is true or false, and not '" ~ var('accept_drift') ~ "'. Pass --vars 'accept_drift: true'."
        ) -%}
    {%- endif -%}
    {%- do adventure_works.as_of_date() -%}
{%- endmacro %}


{% macro as_of_date() -%}
    {%- set value = var('as_of_date') -%}
    {%- if value is none -%}
        {{ return(none) }}
    {%- endif -%}
    {#- YAML reads a day that exists, and no other text of this form, as a date. -#}
    {%- if not modules.re.match('[0-9]{4}-[0-9]{2}-[0-9]{2}$', value | string) or fromyaml(value | string) is none -%}
        {%- do exceptions.raise_compiler_error(
            "as_of_date is a day as YYYY-MM-DD, and not '" ~ value ~ "'. Pass --vars 'as_of_date: 2016-12-31'."
        ) -%}
    {%- endif -%}
    {{ return(value | string) }}
{%- endmacro %}


{% macro check_command() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'snapshot', 'retry')
        and target.name == 'prod' -%}
        {%- set option = 'the as_of_date var' if adventure_works.as_of_date() is not none
            else '--empty (or DBT_EMPTY)' if flags.EMPTY
            else '--sample (or DBT_SAMPLE)' if adventure_works.reads_a_part() -%}
        {%- if option -%}
            {%- do exceptions.raise_compiler_error(
                "Target prod is what others read, and a build with " ~ option ~ " would not have all "
                ~ "of the data. Nothing was changed.\nBuild without it, or in your own schemas (--target redshift_dev)."
            ) -%}
        {%- endif -%}
        {%- set published = adventure_works.published_version() -%}
        {%- if published is not none and not env_var('ADVENTURE_CANDIDATE', '') -%}
            {%- do exceptions.raise_compiler_error(
                "`adventure run` publishes in the schemas " ~ target.schema ~ "_*: they hold views of one version, and "
                ~ "plain dbt would put tables in their place. Nothing was changed.\nBuild in your own schemas (--target "
                ~ "redshift_dev, or another REDSHIFT_SCHEMA), or in that version itself: ADVENTURE_CANDIDATE="
                ~ target.schema ~ "_v" ~ published ~ "."
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro reads_a_part() -%}
    {{ return(flags.EMPTY or invocation_args_dict.get('sample') is not none) }}
{%- endmacro %}


{% macro published_version() -%}
    {%- set schema = env_var('REDSHIFT_SCHEMA', 'adventure_works') ~ '_runs' -%}
    {%- if adapter.get_relation(target.database, schema, 'publications') is not none -%}
        {%- set versions = run_query(
            "select version from " ~ schema ~ ".publications where version is not null order by number desc limit 1"
        ) -%}
        {{ return(versions.columns[0].values() | first | default(none)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
