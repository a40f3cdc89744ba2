{% macro segment_types(relation) -%}
    {{ return({
        'all': ["'all'", 1],
        'age_group': [relation ~ '.age_group', relation ~ '.age_group_order'],
        'income_bracket': [relation ~ '.income_bracket', relation ~ '.income_bracket_order'],
        'gender': [relation ~ '.gender', 1],
        'marital_status': [relation ~ '.marital_status', 1],
        'education_level': [relation ~ '.education_level', 1],
        'occupation': [relation ~ '.occupation', 1],
        'is_home_owner': ['case ' ~ relation ~ ".is_home_owner when true then 'Yes' when false then 'No' end", 1],
        'total_children': ['cast(' ~ relation ~ '.total_children as varchar(64))', relation ~ '.total_children + 1'],
        'country': [relation ~ '.country', 1],
    }) }}
{%- endmacro %}

{% macro basket_segment_types(relation) -%}
    {% set values = {} -%}
    {% for segment_type in ['all', 'age_group', 'income_bracket'] -%}
        {% do values.update({segment_type: segment_types(relation)[segment_type][0]}) -%}
    {% endfor -%}
    {{ return(values) }}
{%- endmacro %}
