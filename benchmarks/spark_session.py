"""The PySpark that both jobs run on: local mode, with as much memory as DuckDB has on the other side."""

from pyspark.sql import SparkSession


def start() -> SparkSession:
    """A session that says nothing but errors."""
    session = (
        SparkSession.builder.master("local[*]")
        .appName("adventure_works")
        .config("spark.driver.memory", "9g")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    return session
