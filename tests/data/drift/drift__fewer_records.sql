-- A file came again with far fewer records than before: it was probably cut, or another one has its name.
select distinct
    delivery,
    file_records,
    file_records_before
from {{ ref('load_changes') }}
where file_records < file_records_before * (1 - {{ threshold('drift_fewer_records') }})
