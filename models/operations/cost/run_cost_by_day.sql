{% set price = "cast('" ~ env_var('REDSHIFT_PRICE_PER_RPU_HOUR', '0') ~ "' as numeric(18, 4))" %}

with

by_day as (

    select
        cast(started_at as date) as usage_date,
        sum(charged_rpu_seconds) as charged_rpu_seconds,
        max(rpus) as most_rpus,
        max(stored_megabytes) as stored_megabytes
    from {{ ref('stg_redshift__usage') }}
    group by cast(started_at as date)

),

priced as (

    select
        usage_date,
        cast(charged_rpu_seconds as bigint) as charged_rpu_seconds,
        cast(charged_rpu_seconds / 3600.0 as numeric(18, 4)) as rpu_hours,
        {{ price }} as price_per_rpu_hour,
        cast(charged_rpu_seconds / 3600.0 * {{ price }} as numeric(18, 4)) as cost,
        cast(most_rpus as numeric(18, 4)) as most_rpus,
        cast(stored_megabytes as bigint) as stored_megabytes
    from by_day

)

select * from priced
{% if is_incremental() -%}
{#- Redshift deletes history after seven days. A partial oldest day must not replace the complete one. -#}
where
    charged_rpu_seconds >= coalesce((
        select max(stored.charged_rpu_seconds)
        from {{ this }} as stored
        where stored.usage_date = priced.usage_date
    ), 0)
{%- endif %}
