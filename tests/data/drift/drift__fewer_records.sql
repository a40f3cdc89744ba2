-- A file was delivered again with far fewer records: it is probably incomplete, or a different file.
select distinct
    delivery,
    file_records,
    file_records_before
from {{ ref('load_changes') }}
where file_records < file_records_before * (1 - {{ threshold('drift_fewer_records') }})
