-- Returns in territories that the files do not name.
select
    source_file,
    record_number,
    territory_key,
    product_key
from {{ ref('fact_returns') }}
where territory_key = -1
