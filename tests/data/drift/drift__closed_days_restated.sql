-- Lines of days that were closed are gone, new or changed.
select *
from {{ ref('load_restatements') }}
where stops_the_build
