"""Compares what the programs came to: python check.py ORDERS '{"program": "result.parquet", …}'

The truth is a plain query in exact decimals. Returns are no orders and move no recency, so DuckDB and Polars, whose
timed queries take every receipt for an order, are held to that; `habitue` is held to orders proper.
Prints customers, orders and spend of every program as JSON; exit 1 when one differs.
"""

import json
import sys

import duckdb

source, outputs = sys.argv[1], json.loads(sys.argv[2])
reader = "read_parquet" if source.endswith(".parquet") else "read_csv"
duckdb.sql(f"""
    CREATE TABLE truth AS
    SELECT CAST(customer_id AS VARCHAR) AS id,
        CAST(sum(quantity * CAST(unit_price AS DECIMAL(12, 4))) AS DECIMAL(18, 4)) AS spend,
        count(DISTINCT invoice_id) AS receipts,
        count(DISTINCT invoice_id) FILTER (quantity > 0) AS orders,
        max("timestamp") AS last_receipt,
        max("timestamp") FILTER (quantity > 0) AS last_order
    FROM {reader}('{source}')
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id
""")
# A customer's row of each kind of result: id, orders, spend, and the moment or day of the last order.
LINES = """
    SELECT CAST(customer_id AS VARCHAR) AS id, count(DISTINCT "order") FILTER (amount > 0) AS orders,
        sum(CAST(amount AS HUGEINT)) / CAST(10000 AS DECIMAL(18, 4)) AS spend,
        make_timestamp(1000000 * max("time") FILTER (amount > 0)) AS last
    FROM '{path}' GROUP BY customer_id
"""
FEATURES = """
    SELECT customer_id AS id, orders, spend,
        (SELECT max(CAST(last_receipt AS DATE)) FROM truth) + 1 - CAST(recency_days AS INTEGER) AS last
    FROM '{path}'
"""
PEER = "SELECT CAST(customer_id AS VARCHAR) AS id, orders, spend, last FROM '{path}'"


def compare(name, path):
    query, orders, last = {
        "habitue fold": (LINES, "orders", "last_order"),
        "habitue features": (FEATURES, "orders", "CAST(last_order AS DATE)"),
    }.get(name, (PEER, "receipts", "last_receipt"))
    duckdb.sql(f"CREATE OR REPLACE TEMP TABLE result AS {query.format(path=path)}")
    differing = duckdb.sql(f"""
        SELECT count(*) FROM result FULL JOIN truth USING (id)
        WHERE result.orders IS DISTINCT FROM truth.{orders}
            OR result.last IS DISTINCT FROM {last}
            OR NOT coalesce(abs(result.spend - truth.spend) < 0.005, false)
    """).fetchall()[0][0]
    customers, orders, spend = duckdb.sql("SELECT count(*), sum(orders), sum(spend) FROM result").fetchall()[0]
    found = {"customers": customers, "orders": int(orders), "spend": round(float(spend), 2)}
    return found, differing


found, wrong = {}, []
for name, path in outputs.items():
    found[name], differing = compare(name, path)
    if differing:
        wrong.append(f"{name}: {differing} customers differ")
if len({f["spend"] for f in found.values()}) > 1:
    wrong.append(f"totals differ: {found}")
print("\n".join(wrong) if wrong else json.dumps(found))
sys.exit(1 if wrong else 0)
