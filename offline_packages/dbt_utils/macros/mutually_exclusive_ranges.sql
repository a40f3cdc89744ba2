{#
    One failure for each range that does not end after it begins (`zero_length_range_allowed`: or where it
    begins), or whose distance to the next range of its partition is not as `gaps` says: 'allowed' (they do not
    overlap), 'not_allowed' (one ends where the next begins) or 'required' (they do not even touch). A NULL
    bound fails.
#}
{% test mutually_exclusive_ranges(
    model, lower_bound_column, upper_bound_column, partition_by=none, gaps='allowed', zero_length_range_allowed=false
) %}

{%- set end_to_next_start = {'allowed': '<=', 'not_allowed': '=', 'required': '<'} %}
{%- if gaps not in end_to_next_start %}
    {{ exceptions.raise_compiler_error(
        "mutually_exclusive_ranges: gaps must be one of " ~ end_to_next_start | join(', ') ~ "; it is '" ~ gaps ~ "'."
    ) }}
{%- endif %}

{%- set partition = 'partition by ' ~ partition_by if partition_by is not none else '' %}

with ranges as (
    select
        {%- if partition_by is not none %}
        {{ partition_by }} as partition_value,
        {%- endif %}
        {{ lower_bound_column }} as lower_bound,
        {{ upper_bound_column }} as upper_bound,
        lead({{ lower_bound_column }}) over (
            {{ partition }} order by {{ lower_bound_column }}, {{ upper_bound_column }}
        ) as next_lower_bound,
        row_number() over (
            {{ partition }} order by {{ lower_bound_column }} desc, {{ upper_bound_column }} desc
        ) = 1 as is_last
    from {{ model }}
)

select *
from ranges
where not coalesce(
    lower_bound {{ '<=' if zero_length_range_allowed else '<' }} upper_bound
    and (is_last or upper_bound {{ end_to_next_start[gaps] }} next_lower_bound),
    false
)

{% endtest %}
