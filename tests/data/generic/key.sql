{#-
    In one scan: the columns together tell rows apart, and the columns of `not_null` are never NULL, which are those of
    the key where nothing else is said. A failing row is a key, with how many rows have it.
-#}
{% test key(model, columns, not_null=none) %}

select
    {{ columns | join(', ') }},
    count(*) as records
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in not_null or columns %}
    or {{ column ~ ' is null' if column in columns else 'count(*) > count(' ~ column ~ ')' }}
    {%- endfor %}

{% endtest %}
