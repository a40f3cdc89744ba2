"""The words that rules of the deny list know: functions, types, and names before a bracket that are neither."""

from .tokens import word_set

# The functions that the guide documents, https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions.html
FUNCTIONS = word_set(
    """
    any_value approximate avg count listagg max median min percentile_cont percentile_disc stddev stddev_pop
    stddev_samp sum var_pop var_samp variance bit_and bit_or bool_and bool_or cume_dist dense_rank first_value lag
    last_value lead nth_value ntile percent_rank rank ratio_to_report row_number array array_concat array_contains
    array_distinct array_except array_exclude_null array_flatten array_intersection array_max array_min
    array_position array_positions array_sort array_union arrays_overlap get_array_length split_to_array subarray
    cast coalesce decode greatest least nullif nvl nvl2 case collate convert try_cast add_months convert_timezone
    current_date date_cmp date_cmp_timestamp date_cmp_timestamptz dateadd datediff date_part date_part_year
    date_trunc extract getdate interval_cmp last_day months_between next_day sysdate timeofday timestamp_cmp
    timestamp_cmp_date timestamp_cmp_timestamptz timestamptz_cmp timestamptz_cmp_date timestamptz_cmp_timestamp
    timezone to_timestamp trunc to_date to_char to_number text_to_int_alt text_to_numeric_alt checksum
    farmfingerprint64 farm_fingerprint64 fnv_hash func_sha1 md5 murmur3_32_hash sha sha1 sha2 crc32 hll
    hll_cardinality hll_combine hll_combine_sketches hll_create_sketch can_json_parse is_valid_json
    is_valid_json_array json_array_length json_extract_array_element_text json_extract_path_text json_parse
    json_serialize json_serialize_to_varbyte object object_transform lower_attribute_names upper_attribute_names abs
    acos asin atan atan2 cbrt ceil ceiling cos cot degrees dexp dlog1 dlog10 exp floor ln log mod pi power pow
    radians random round sign sin sqrt tan ascii bpcharcmp bttext_pattern_cmp btrim char_length character_length
    charindex chr concat difference initcap left right len length lower lpad rpad ltrim octetindex octet_length
    position quote_ident quote_literal regexp_count regexp_instr regexp_replace regexp_substr repeat replace
    replicate reverse rtrim soundex split_part strpos strtol substring textlen translate trim upper
    decimal_precision decimal_scale is_array is_bigint is_boolean is_char is_decimal is_float is_integer is_object
    is_scalar is_smallint is_varchar json_size json_typeof from_hex from_varbyte getbit to_hex to_varbyte
    current_aws_account current_namespace current_setting current_user current_user_id current_session_arn
    default_iam_role has_assumerole_privilege last_user_query_id session_user slice_num user user_is_member_of
    version explain_model grouping grouping_id pg_backend_pid pg_cancel_backend pg_last_copy_count pg_last_copy_id
    pg_last_query_id pg_last_unload_count pg_terminate_backend reboot_cluster set_config is_member_of geometrytype
    addbbox dropbbox supportsbbox h3_fromlonglat h3_frompoint h3_boundary h3_center
    """
)


# Words before a bracket that call no function.
NOT_FUNCTIONS = word_set(
    """
    all and any as between by case check conflict distkey else end except exclude exists filter from group having if
    in include intersect into is join key like limit minus not on or order over partition pivot qualify references
    return returning rollup cube sets select set similar some sortkey table then top union unpivot update using
    values view when where with within recursive unload grant to only interval lateral window tablesample offset
    fetch default unnest unique primary foreign identity encode diststyle delete insert merge copy columns distinct
    ilike escape both leading trailing
    """
)


# https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
TYPES = word_set(
    """
    smallint int2 integer int int4 bigint int8 decimal numeric real float4 double float8 float char character nchar
    bpchar varchar nvarchar text date time timetz timestamp timestamptz datetime interval boolean bool hllsketch
    super varbyte varbinary binary geometry geography
    """
)


# https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-functions.html
UNSUPPORTED_FUNCTIONS = word_set(
    """
    string_agg array_agg every xml_agg xmlagg corr covar_pop covar_samp regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy clock_timestamp justify_days justify_hours
    justify_interval pg_sleep transaction_timestamp div setseed width_bucket generate_series generate_subscripts
    bit_length overlay convert_from convert_to encode format quote_nullable regexp_matches regexp_split_to_array
    regexp_split_to_table nextval currval setval to_tsvector to_tsquery
    """
)


AGGREGATES_WITH_FRAME = word_set(
    "avg bool_and bool_or count first_value last_value max min nth_value stddev stddev_pop stddev_samp sum variance "
    "var_pop var_samp"
)


LEADER_FUNCTIONS = word_set(
    """
    age current_schema current_schemas get_byte has_database_privilege has_schema_privilege has_table_privilege
    isfinite now set_bit set_byte to_ascii substr factorial
    """
)


INTEGERS = word_set("smallint int2 integer int int4 bigint int8")


INTEGER_FUNCTIONS = word_set("count row_number rank dense_rank ntile datediff extract length len strpos charindex")


# https://docs.aws.amazon.com/redshift/latest/dg/r_Dateparts_for_datetime_functions.html
DATE_PARTS = word_set(
    """
    millennium millennia mil mils century centuries c cent cents decade decades dec decs epoch year years y yr yrs
    quarter quarters qtr qtrs month months mon mons week weeks w dayofweek dow dw weekday dayofyear doy dy yearday
    day days d hour hours h hr hrs minute minutes m min mins second seconds s sec secs
    millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon
    microsecond microseconds microsec microsecs usecond useconds us usec usecs
    timezone timezone_hour timezone_minute
    """
)
