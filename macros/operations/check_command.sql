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
    {%- endif -%}
{%- endmacro %}


{% macro reads_a_part() -%}
    {{ return(flags.EMPTY or invocation_args_dict.get('sample') is not none) }}
{%- endmacro %}
