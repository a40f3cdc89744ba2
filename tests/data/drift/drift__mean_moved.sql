-- The mean of a column changed too much: its unit, currency or content is probably different.
-- Dates of birth are compared in days.
select
    delivery,
    column_name,
    mean_value,
    mean_value_before
from {{ ref('load_changes') }}
where
    (
        first_date is null
        and column_name <> 'birth_date'
        and (
            mean_value > mean_value_before * (1 + {{ threshold('drift_mean_moved') }})
            or mean_value * (1 + {{ threshold('drift_mean_moved') }}) < mean_value_before
        )
    )
    or (
        column_name = 'birth_date'
        and abs(mean_value - mean_value_before) > {{ threshold('drift_birth_days') }}
    )
