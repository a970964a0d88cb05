#!/usr/bin/env python3
"""Writes rfm_online_retail.csv.gz: what a customer of data/online_retail.parquet did, by DuckDB's SQL.

Made with duckdb 2.0.0 and Python 3.11; never run in CI. From the root of the repository:

    python3 crates/habitue-cli/tests/reference/make_rfm.py

Under the usual tutorial cleaning (customer known, no cancellation, quantity and price above zero): every column but the
last. `net_spend` is the sum of all lines of a known customer, cancellations taken off, duplicates kept. Money is DECIMAL,
so that it is exact. Postage, fees and corrections count in money, lines and orders, not in products and units.
Numbers that are no money have fifteen digits.
"""

import gzip
import os

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.join(HERE, "../../../../data/online_retail.parquet")
SERVICES = "'POST','DOT','M','C2','D','S','B','BANK CHARGES','AMAZONFEE','CRUK','PADS'"

QUERY = f"""
WITH lines AS (
    SELECT CustomerID AS customer, InvoiceNo AS invoice, StockCode AS product, InvoiceDate AS time, Quantity AS units,
           CAST(UnitPrice AS DECIMAL(18, 4)) * Quantity AS amount,
           upper(StockCode) IN ({SERVICES}) OR starts_with(StockCode, 'gift_') AS service
    FROM '{SAMPLE}' WHERE CustomerID IS NOT NULL
),
net AS (SELECT customer, sum(amount) AS net_spend FROM lines GROUP BY customer),
classic AS (SELECT * FROM lines WHERE NOT starts_with(invoice, 'C') AND units > 0 AND amount > 0),
as_of AS (SELECT CAST(max(time) AS DATE) + 1 AS today FROM classic),
orders AS (
    SELECT customer, invoice, min(time) AS time, CAST(min(time) AS DATE) AS day, sum(amount) AS amount,
           count(*) AS n_lines, coalesce(sum(units) FILTER (NOT service), 0) AS units
    FROM classic GROUP BY customer, invoice
),
days AS (
    SELECT customer, day, day - lag(day) OVER (PARTITION BY customer ORDER BY day) AS gap
    FROM (SELECT DISTINCT customer, day FROM orders)
),
gaps AS (
    SELECT customer, count(*) AS active_days, avg(gap) AS mean_gap,
           CASE WHEN count(gap) >= 2 THEN stddev_samp(gap) / avg(gap) END AS gap_spread
    FROM days GROUP BY customer
),
busiest AS (
    SELECT customer, max(n) AS n
    FROM (SELECT customer, count(*) AS n FROM orders GROUP BY customer, month(day)) GROUP BY customer
),
products AS (SELECT customer, count(DISTINCT product) AS n FROM classic WHERE NOT service GROUP BY customer),
windows AS (
    SELECT customer,
           coalesce(sum(amount) FILTER (day >= as_of.today - 365), 0) AS spend_12m,
           count(*) FILTER (day >= as_of.today - 365) AS orders_12m,
           coalesce(sum(amount) FILTER (day >= as_of.today - 90), 0) AS spend_90d,
           coalesce(sum(amount) FILTER (day >= as_of.today - 180 AND day < as_of.today - 90), 0) AS spend_before
    FROM orders, as_of GROUP BY customer
),
whole AS (
    SELECT customer, as_of.today - max(day) AS recency_days, count(*) AS orders, sum(amount) AS spend,
           as_of.today - min(day) AS tenure_days, max(amount) AS largest_order,
           CAST(sum(amount) AS DOUBLE) / count(*) AS average_order_value,
           sum(n_lines) / count(*) AS lines_per_order, sum(units) / count(*) AS items_per_order,
           count(*) FILTER (isodow(day) >= 6) / count(*) AS weekend_share,
           count(*) FILTER (hour(time) >= 18) / count(*) AS evening_share
    FROM orders, as_of GROUP BY customer, as_of.today
)
SELECT net.customer AS customer_id, recency_days, orders, spend, tenure_days, active_days,
       CASE WHEN orders IS NOT NULL THEN coalesce(products.n, 0) END AS distinct_products,
       orders_12m, spend_12m, spend_90d, largest_order, average_order_value, lines_per_order, items_per_order,
       mean_gap AS days_between_orders, gap_spread, recency_days / mean_gap AS recency_relative,
       CASE WHEN spend_90d + spend_before > 0
            THEN CAST(spend_90d - spend_before AS DOUBLE) / CAST(spend_90d + spend_before AS DOUBLE)
            WHEN orders IS NOT NULL THEN 0 END AS spend_trend,
       weekend_share, evening_share, busiest.n / orders AS seasonality, net_spend
FROM net LEFT JOIN whole USING (customer) LEFT JOIN gaps USING (customer) LEFT JOIN busiest USING (customer)
    LEFT JOIN products USING (customer) LEFT JOIN windows USING (customer)
ORDER BY CAST(net.customer AS VARCHAR)
"""


def cell(value):
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def main():
    found = duckdb.sql(QUERY)
    rows = [",".join(found.columns)] + [",".join(map(cell, row)) for row in found.fetchall()]
    with open(os.path.join(HERE, "rfm_online_retail.csv.gz"), "wb") as file:
        # Without a name or a time inside, equal tables are equal files.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=9, mtime=0) as out:
            out.write(("\n".join(rows) + "\n").encode())


if __name__ == "__main__":
    main()
