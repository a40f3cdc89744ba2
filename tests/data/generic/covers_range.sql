{#-
    The ranges cover `covers_from` to `covers_to`, in every partition. Together with mutually_exclusive_ranges
    without gaps, each value between them is in exactly one range. An empty table fails, unless it is partitioned.
-#}
{% test covers_range(model, lower_bound_column, upper_bound_column, covers_from, covers_to, partition_by=none) %}

with

ends as (

    select
        {% if partition_by -%}
        {{ partition_by }},
        {% endif -%}
        min({{ lower_bound_column }}) as lowest,
        max({{ upper_bound_column }}) as highest
    from {{ model }}
    {% if partition_by -%}
    group by {{ partition_by }}
    {%- endif %}

)

select *
from ends
where not coalesce(lowest <= {{ covers_from }} and highest >= {{ covers_to }}, false)

{% endtest %}
