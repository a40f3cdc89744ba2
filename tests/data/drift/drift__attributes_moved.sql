-- A product, customer, category, subcategory or territory is no longer what it was in the load before.
select *
from {{ ref('load_attribute_changes') }}
where stops_the_build
