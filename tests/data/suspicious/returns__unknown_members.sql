-- Returns with a territory that is missing from the files.
select
    source_file,
    record_number,
    territory_key,
    product_key
from {{ ref('fact_returns') }}
where territory_key = -1
