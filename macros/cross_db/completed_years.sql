{#-
    Whole years from one date to another, as an age is counted: the year counts once the anniversary is reached.
    A birth on 29 February completes its year on 1 March where the year has no such day. Counting calendar years
    (`datediff('year')`) would be a year too high for everyone whose birthday is still to come.
-#}
{% macro completed_years(from_date, to_date) -%}
    cast(
        extract(year from {{ to_date }}) - extract(year from {{ from_date }})
        - case
            when
                extract(month from {{ to_date }}) * 100 + extract(day from {{ to_date }})
                < extract(month from {{ from_date }}) * 100 + extract(day from {{ from_date }})
                then 1
            else 0
        end
        as integer
    )
{%- endmacro %}
