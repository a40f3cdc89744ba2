"""The project's own SQL as a PySpark job, here in local mode: every table that dbt makes, written as Parquet.

    python benchmarks/spark_sql.py STATEMENTS OUT

STATEMENTS is the JSON list of DuckDB statements that build.py runs as its bare side; sqlglot puts them into Spark's
dialect. A view stays a view; a table is written, and read from what was written.
"""

import json
import re
import sys
from pathlib import Path

import spark_session
import sqlglot
from sqlglot import exp

statements, out = sys.argv[1:]
spark = spark_session.start()


def in_spark(node: exp.Expression) -> exp.Expression:
    """What sqlglot cannot know: where the tables and files are, and that the distance of two dates is a number."""
    if isinstance(node, exp.Table) and node.db:
        return exp.table_(f"{node.db}__{node.name}", alias=node.alias_or_name)
    if isinstance(node, exp.Table) and isinstance(node.this, exp.ReadCSV):
        return _read("csv", node.this.this.name)
    if isinstance(node, exp.Table) and node.name.endswith(".parquet"):
        return _read("parquet", node.name.partition("/**")[0])
    if isinstance(node, exp.Sub) and all(re.search("(date|day)$", side.name) for side in (node.left, node.right)):
        return exp.func("datediff", node.left, node.right)
    return node


def _read(kind: str, path: str) -> exp.Expression:
    """A view over files."""
    view = re.sub(r"\W", "_", path)
    reader = spark.read.options(header=True, recursiveFileLookup=True)
    reader.format(kind).load(path).createOrReplaceTempView(view)
    return exp.table_(view)


for statement in sqlglot.parse(";".join(json.loads(Path(statements).read_text())), read="duckdb"):
    if not isinstance(statement, exp.Create) or statement.kind == "SCHEMA":
        continue
    name = f"{statement.this.db}__{statement.this.name}"
    frame = spark.sql(statement.expression.transform(in_spark).sql(dialect="spark"))
    if statement.kind == "TABLE":
        frame.write.mode("overwrite").parquet(f"{out}/{name}")
        frame = spark.read.parquet(f"{out}/{name}")
    frame.createOrReplaceTempView(name)
spark.stop()
