{#-
    Each way to divide the customers, of columns of `int_buyers`: the value, null where it is not known, and
    its position where values have an order of their own. The type `all` has the one value `all`.
-#}
{% macro segment_types() -%}
    {{ return({
        'all': ["'all'", 1],
        'age_group': ['buyers.age_group', 'buyers.age_group_order'],
        'income_bracket': ['buyers.income_bracket', 'buyers.income_bracket_order'],
        'gender': ['buyers.gender', 1],
        'marital_status': ['buyers.marital_status', 1],
        'education_level': ['buyers.education_level', 1],
        'occupation': ['buyers.occupation', 1],
        'is_home_owner': ["case buyers.is_home_owner when true then 'Yes' when false then 'No' end", 1],
        'total_children': ['cast(buyers.total_children as varchar(64))', 'buyers.total_children + 1'],
        'country': ['buyers.country', 1],
    }) }}
{%- endmacro %}
