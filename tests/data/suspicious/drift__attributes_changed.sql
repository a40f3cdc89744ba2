-- Fewer attributes changed than would stop a build, or a correction was announced.
select *
from {{ ref('load_attribute_changes') }}
where not stops_the_build
