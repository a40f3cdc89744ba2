"""The star schema as a PySpark job makes it on AWS Glue, here in local mode: reads the lake, writes Parquet.

    python benchmarks/spark_job.py LAKE OUT

The dimensions, both facts, and the order level, with the same checks that decide whether a line is a sale (known
product, valid price and quantity, within the calendar, no key twice); no tests, no marts.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f
from pyspark.sql.window import Window

lake, out = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[*]")
    .appName("adventure_works")
    .config("spark.driver.memory", "10g")
    .config("spark.sql.shuffle.partitions", "8")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")


def raw(table: str):
    """A raw table of the lake."""
    return spark.read.option("recursiveFileLookup", "true").parquet(f"{lake}/raw/{table}")


def write(frame, name: str) -> None:
    """Writes a table of the star schema."""
    frame.write.mode("overwrite").parquet(f"{out}/{name}")


products, customers, territories = raw("products"), raw("customers"), raw("territories")
subcategories, categories = raw("product_subcategories"), raw("product_categories")
calendar, loads = raw("calendar"), raw("load_log")
write(products.join(subcategories.drop("source_file", "record_number"), "product_subcategory_key"), "dim_products")
write(customers, "dim_customers")
write(territories, "dim_territories")
write(subcategories, "dim_product_subcategories")
write(categories, "dim_product_categories")
write(calendar, "dim_dates")

prices = f.broadcast(products.select("product_key", "product_price", "product_cost"))
days = f.broadcast(calendar.select(f.col("date").alias("order_date")).distinct())
loaded = f.broadcast(loads.groupBy("source_file").agg(f.max("loaded_at").alias("loaded_at")))
twins = Window.partitionBy("order_number", "order_line_item")
known_customers = customers.select("customer_key", f.lit(True).alias("customer_known"))
known_territories = f.broadcast(territories.select("sales_territory_key", f.lit(True).alias("territory_known")))
sales = (
    raw("sales")
    .withColumn("copies", f.count("*").over(twins))
    .where("copies = 1 and order_quantity > 0 and stock_date <= order_date")
    .join(prices, "product_key")
    .where("product_price >= 0 and product_cost >= 0")
    .join(days, "order_date")
    .join(loaded, "source_file")
    .join(known_customers, "customer_key", "left")
    .join(known_territories, f.col("territory_key") == f.col("sales_territory_key"), "left")
    .select(
        "order_number",
        f.col("order_line_item").alias("order_line_number"),
        "order_date",
        "stock_date",
        "product_key",
        f.when(f.col("customer_known"), f.col("customer_key")).otherwise(-1).alias("customer_key"),
        f.when(f.col("territory_known"), f.col("territory_key")).otherwise(-1).alias("territory_key"),
        "order_quantity",
        f.col("product_price").alias("unit_price"),
        f.col("product_cost").alias("unit_cost"),
        (f.col("order_quantity") * f.col("product_price")).cast("decimal(18,4)").alias("revenue"),
        (f.col("order_quantity") * f.col("product_cost")).cast("decimal(18,4)").alias("cost"),
        (f.col("order_quantity") * (f.col("product_price") - f.col("product_cost")))
        .cast("decimal(18,4)")
        .alias("profit"),
        "source_file",
        "record_number",
        "loaded_at",
    )
)
write(sales, "fact_sales")
write(
    raw("returns")
    .join(prices, "product_key")
    .withColumn("return_amount", (f.col("return_quantity") * f.col("product_price")).cast("decimal(18,4)")),
    "fact_returns",
)
orders = (
    spark.read.parquet(f"{out}/fact_sales")
    .groupBy("order_number")
    .agg(
        f.min("order_date").alias("order_date"),
        f.min("customer_key").alias("customer_key"),
        f.min("territory_key").alias("territory_key"),
        f.count("*").alias("order_lines"),
        f.sum("order_quantity").alias("units"),
        f.sum("revenue").alias("revenue"),
        f.sum("cost").alias("cost"),
        f.sum("profit").alias("profit"),
    )
)
by_customer = Window.partitionBy("customer_key").orderBy("order_date", "order_number")
write(orders.withColumn("customer_order_number", f.row_number().over(by_customer)), "fact_orders")
spark.stop()
