"""The star schema as a PySpark job makes it on AWS Glue, here in local mode: reads the lake, writes Parquet.

    python benchmarks/spark_job.py LAKE OUT

The dimensions with their history, the two facts and the orders: the same rows, with the checks that decide whether a
line is a sale (known product, valid price and quantity, within the calendar, stocked before it was ordered, no key with
two meanings), each line at the price and each order with the customer of its day. It is the job of the first load, when
every key has one version. It keeps no reasons, no ledger and no tests, which dbt does.
"""

import sys

import spark_session
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.sql.window import Window

MONEY = "decimal(18,4)"
lake, out = sys.argv[1:]
spark = spark_session.start()


def raw(table: str) -> DataFrame:
    """A raw table of the lake."""
    return spark.read.option("recursiveFileLookup", "true").parquet(f"{lake}/raw/{table}")


def write(frame: DataFrame, name: str) -> None:
    """Writes a table of the star schema."""
    frame.write.mode("overwrite").parquet(f"{out}/{name}")


def with_unknown(frame: DataFrame, key: str) -> DataFrame:
    """A dimension with its Unknown member."""
    return frame.unionByName(spark.range(1).select(f.lit(-1).alias(key)), allowMissingColumns=True)


def history(frame: DataFrame) -> DataFrame:
    """The one version that each key has after the first load."""
    versions = {
        "version_number": f.lit(1),
        "valid_from": f.lit("1900-01-01").cast("date"),
        "valid_to": f.lit("9999-12-31").cast("date"),
        "is_current": f.lit(True),
        "is_deleted": f.lit(False),
    }
    return frame.withColumns(versions)


def age(birth: f.Column, day: f.Column) -> f.Column:
    """Completed years."""
    is_to_come = f.month(day) * 100 + f.dayofmonth(day) < f.month(birth) * 100 + f.dayofmonth(birth)
    return f.year(day) - f.year(birth) - is_to_come.cast("int")


def age_group(years: f.Column) -> f.Column:
    """The age group of an age."""
    group = f.when(years.isNull(), "Unknown")
    for limit, name in ((35, "under 35"), (45, "35-44"), (55, "45-54"), (65, "55-64")):
        group = group.when(years < limit, name)
    return group.otherwise("65+")


def income_bracket(income: f.Column) -> f.Column:
    """The bracket of an income."""
    bracket = f.when(income.isNull(), "Unknown")
    for limit, name in ((50_000, "Low"), (100_000, "Medium"), (150_000, "High")):
        bracket = bracket.when(income < limit, name)
    return bracket.otherwise("Premium")


sales, returns, customers = raw("sales"), raw("returns"), raw("customers")
products, subcategories, categories = raw("products"), raw("product_subcategories"), raw("product_categories")
calendar, territories, loads = raw("calendar"), raw("territories"), raw("load_log")

write(
    with_unknown(
        history(customers.drop("source_file", "record_number")).withColumn(
            "income_bracket", income_bracket(f.col("annual_income"))
        ),
        "customer_key",
    ),
    "dim_customers_history",
)
last_day = sales.agg(f.max("order_date").alias("as_of_date"))
known_people = spark.read.parquet(f"{out}/dim_customers_history").where("is_current and customer_key <> -1")
people = known_people.crossJoin(f.broadcast(last_day)).withColumn("age", age(f.col("birth_date"), f.col("as_of_date")))
write(
    with_unknown(
        people.drop("as_of_date", "version_number", "valid_from", "valid_to", "is_current").withColumn(
            "age_group", age_group(f.col("age"))
        ),
        "customer_key",
    ),
    "dim_customers",
)
named = subcategories.drop("source_file", "record_number").join(
    categories.drop("source_file", "record_number"), "product_category_key"
)
described = products.drop("source_file", "record_number").join(f.broadcast(named), "product_subcategory_key", "left")
write(with_unknown(history(described), "product_key"), "dim_products_history")
write(with_unknown(described, "product_key"), "dim_products")
write(with_unknown(named, "product_subcategory_key"), "dim_product_subcategories")
write(with_unknown(categories, "product_category_key"), "dim_product_categories")
write(with_unknown(territories, "sales_territory_key"), "dim_territories")
ends = calendar.agg(f.trunc(f.min("date"), "year").alias("first"), f.last_day(f.max("date")).alias("last"))
dates = ends.select(
    f.explode(f.sequence("first", f.last_day(f.add_months(f.trunc("last", "year"), 11)))).alias("date_day")
)
write(dates.withColumn("month_number", f.month("date_day")), "dim_dates")

versions = spark.read.parquet(f"{out}/dim_products_history").select(
    f.col("product_key").alias("version_key"), "product_price", "product_cost", "valid_from", "valid_to"
)


def in_force(key: str, day: str) -> f.Column:
    """Which version of a key holds on a day."""
    is_begun, is_over = f.col(day) >= f.col("valid_from"), f.col(day) >= f.col("valid_to")
    return (f.col(key) == f.col("version_key")) & is_begun & ~is_over


days = f.broadcast(calendar.select(f.col("date").alias("day")).distinct())
loaded = f.broadcast(loads.groupBy("source_file").agg(f.max("loaded_at").alias("loaded_at")))
known_customers = customers.select("customer_key", f.lit(True).alias("is_customer_known"))
known_territories = f.broadcast(
    territories.select(f.col("sales_territory_key").alias("territory_key"), f.lit(True).alias("is_territory_known"))
)
line = ("order_number", "order_line_item")
contents = ("order_date", "stock_date", "product_key", "customer_key", "territory_key", "order_quantity")
same_line = Window.partitionBy(*line)
quantity, price, cost = f.col("order_quantity"), f.col("product_price"), f.col("product_cost")
fact_sales = (
    sales.withColumn("copy", f.row_number().over(same_line.orderBy("source_file", "record_number")))
    .withColumn("meanings", f.size(f.collect_set(f.struct(*contents)).over(same_line)))
    .where("copy = 1 and meanings = 1 and order_quantity > 0 and stock_date <= order_date")
    .join(f.broadcast(versions), in_force("product_key", "order_date"))
    .where("product_price >= 0 and product_cost >= 0")
    .join(days, f.col("order_date") == f.col("day"))
    .join(loaded, "source_file", "left")
    .join(known_customers, "customer_key", "left")
    .join(known_territories, "territory_key", "left")
    .select(
        "order_number",
        f.col("order_line_item").alias("order_line_number"),
        "order_date",
        "stock_date",
        "product_key",
        f.when(f.col("is_customer_known"), f.col("customer_key")).otherwise(-1).alias("customer_key"),
        f.when(f.col("is_territory_known"), f.col("territory_key")).otherwise(-1).alias("territory_key"),
        "order_quantity",
        price.alias("unit_price"),
        cost.alias("unit_cost"),
        (quantity * price).cast(MONEY).alias("revenue"),
        (quantity * cost).cast(MONEY).alias("cost"),
        (quantity * (price - cost)).cast(MONEY).alias("profit"),
        "source_file",
        "record_number",
        "loaded_at",
    )
)
write(fact_sales, "fact_sales")
returned = f.col("return_quantity")
write(
    returns.where("return_quantity > 0")
    .join(f.broadcast(versions), in_force("product_key", "return_date"))
    .drop("version_key", "valid_from", "valid_to")
    .where("product_price >= 0")
    .join(days, f.col("return_date") == f.col("day"))
    .join(loaded, "source_file", "left")
    .withColumn("returned_value", (returned * price).cast(MONEY)),
    "fact_returns",
)
born = spark.read.parquet(f"{out}/dim_customers_history").select(
    f.col("customer_key").alias("version_key"), "birth_date", "valid_from", "valid_to"
)
orders = (
    spark.read.parquet(f"{out}/fact_sales")
    .groupBy("order_number")
    .agg(
        f.min("order_date").alias("order_date"),
        f.max("customer_key").alias("customer_key"),
        f.max("territory_key").alias("territory_key"),
        f.count("*").alias("order_lines"),
        f.sum("order_quantity").alias("units"),
        *(f.sum(amount).cast(MONEY).alias(amount) for amount in ("revenue", "cost", "profit")),
    )
)
by_customer = Window.partitionBy("customer_key").orderBy("order_date", "order_number")
write(
    orders.withColumn("customer_order_number", f.row_number().over(by_customer))
    .join(born, in_force("customer_key", "order_date"), "left")
    .withColumn("customer_age", age(f.col("birth_date"), f.col("order_date")))
    .withColumn("age_group", age_group(f.col("customer_age")))
    .drop("birth_date", "version_key", "valid_from", "valid_to"),
    "fact_orders",
)
spark.stop()
