{#-
    Found through `dispatch` in dbt_project.yml. dbt puts the query comment before a text of several statements, which
    Redshift gets one by one, and leaves it out before the rows of a seed. Here each statement has its own.
-#}

{% macro redshift__create_table_as(temporary, relation, sql) -%}
    {%- set insert = 'insert into ' ~ relation.include(database=not temporary, schema=not temporary) -%}
    {{ adventure_works.commented(dbt.redshift__create_table_as(temporary, relation, sql), insert) }}
{%- endmacro %}


{% macro redshift__snapshot_merge_sql(target, source, insert_cols) -%}
    {{ adventure_works.commented(dbt.postgres__snapshot_merge_sql(target, source, insert_cols), 'insert into ' ~ target) }}
{%- endmacro %}


{% macro redshift__alter_column_comment(relation, column_dict) -%}
    {{ return(adventure_works.commented(
        dbt.postgres__alter_column_comment(relation, column_dict), 'comment on column ' ~ relation
    )) }}
{%- endmacro %}


{% macro redshift__load_csv_rows(model, agate_table) -%}
    {%- set row = '(' ~ (['%s'] * agate_table.column_names | length) | join(', ') ~ ')' -%}
    {%- set statements = [] -%}
    {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
        {%- set sql -%}
            {{ adventure_works.statement_comment() }}
            insert into {{ this }} ({{ get_seed_column_quoted_csv(model, agate_table.column_names) }})
            values {{ ([row] * rows | length) | join(', ') }}
        {%- endset -%}
        {%- do adapter.add_query(sql, bindings=rows | map('list') | sum(start=[]), abridge_sql_log=True) -%}
        {%- do statements.append(sql) -%}
    {%- endfor -%}
    {{ return(statements[0]) }}
{%- endmacro %}


{% macro commented(sql, beginning) -%}
    {{ return(sql | replace(beginning, adventure_works.statement_comment() ~ '\n' ~ beginning)) }}
{%- endmacro %}
