-- What a load says of itself that cannot be, whether or not there is a load before it.
select *
from {{ ref('load_findings') }}
where stops_the_build
