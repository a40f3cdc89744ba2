{#-
    Twice the upper tail of the standard normal distribution, by the rational approximation of Hart (1968) as in West,
    Better approximations to cumulative normal functions (2005): a relative error below 1e-8, also far out in the tail.
-#}
{% macro two_sided_p_value(z) -%}
    {%- set x = 'cast(abs(' ~ z ~ ') as double precision)' -%}
    {%- set numerator = [
        0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
        220.206867912376,
    ] -%}
    {%- set denominator = [
        0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
        793.826512519948, 440.413735824752,
    ] -%}
    case
        when {{ x }} > 37 then 0
        when {{ x }} < 7.07106781186547
            then 2 * exp(-{{ x }} * {{ x }} / 2) * {{ polynomial(x, numerator) }} / {{ polynomial(x, denominator) }}
        else
            2 * exp(-{{ x }} * {{ x }} / 2) / 2.506628274631
            / ({{ x }} + 1 / ({{ x }} + 2 / ({{ x }} + 3 / ({{ x }} + 4 / ({{ x }} + 0.65)))))
    end
{%- endmacro %}
{#- Coefficients from the highest power, by Horner's rule. As text, since Redshift would read a literal as a decimal. -#}
{% macro polynomial(x, coefficients) -%}
    {%- set sum = namespace(sql="cast('" ~ coefficients[0] ~ "' as double precision)") -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set sum.sql = '(' ~ sum.sql ~ ' * ' ~ x ~ " + cast('" ~ coefficient ~ "' as double precision))" -%}
    {%- endfor -%}
    {{ sum.sql }}
{%- endmacro %}
