#!/usr/bin/env python3
"""Writes base_online_retail.json: the customer base of data/online_retail.parquet, by DuckDB's SQL and pandas.

Made with duckdb 2.0.0, pandas 3.1.1, NumPy 2.4.6 and Python 3.11; never run in CI. From the root of the repository:

    python3 crates/habitue-cli/tests/reference/make_base.py

Under the usual tutorial cleaning (customer known, no cancellation, quantity and price above zero), so that an order is an
invoice and nothing has to be matched. Money is DECIMAL and written as text, so that it is exact. `net` is what customers
bring under the default cleaning: all lines of a known customer, each of a set of equal rows once, cancellations taken off.
"""

import json
import os

import duckdb
import numpy as np
import pandas as pd

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.join(HERE, "../../../../data/online_retail.parquet")

ORDERS = f"""
SELECT CustomerID AS customer, InvoiceNo AS invoice, min(InvoiceDate) AS time,
       sum(CAST(UnitPrice AS DECIMAL(18, 4)) * Quantity) AS amount
FROM '{SAMPLE}'
WHERE CustomerID IS NOT NULL AND NOT starts_with(InvoiceNo, 'C') AND Quantity > 0 AND UnitPrice > 0
GROUP BY customer, invoice
"""
MONTHS = f"""
WITH orders AS ({ORDERS}),
firsts AS (SELECT customer, min(date_trunc('month', time)) AS cohort FROM orders GROUP BY customer)
SELECT strftime(cohort, '%Y-%m') AS cohort, strftime(date_trunc('month', time), '%Y-%m') AS month,
       datediff('month', cohort, date_trunc('month', time)) AS since,
       count(DISTINCT customer) AS customers, count(*) AS orders, CAST(sum(amount) AS VARCHAR) AS revenue
FROM orders JOIN firsts USING (customer) GROUP BY ALL ORDER BY cohort, month
"""
ONCE = f"""
SELECT count(*), CAST(sum(amount) AS VARCHAR)
FROM (SELECT sum(amount) AS amount FROM ({ORDERS}) GROUP BY customer HAVING count(*) = 1)
"""
NET = f"""
SELECT CustomerID AS customer, sum(CAST(UnitPrice AS DECIMAL(18, 4)) * Quantity) AS net
FROM (SELECT DISTINCT * FROM '{SAMPLE}') WHERE CustomerID IS NOT NULL GROUP BY customer HAVING net > 0
"""


def concentration(amounts):
    """Gini by the mean absolute difference, and the share of the best fifth (rounded to the nearest, halves up)."""
    x = np.sort(np.array([float(a) for a in amounts]))
    n = len(x)
    # Σᵢⱼ |xᵢ − xⱼ| of sorted values, by blocks so that it needs little memory.
    differences = sum(np.abs(x[:, None] - block[None, :]).sum() for block in np.array_split(x, 20))
    best = int(n * 0.2 + 0.5)
    return {
        "customers": n,
        "gini": float(differences / (2 * n * n * x.mean())),
        "best_20_customers": best,
        "best_20_share": float(x[-best:].sum() / x.sum()),
    }


def main():
    cells = duckdb.sql(MONTHS).df()
    orders = duckdb.sql(ORDERS).df()
    orders["day"] = pd.to_datetime(orders["time"]).dt.normalize()
    days = orders[["customer", "day"]].drop_duplicates().sort_values(["customer", "day"])
    gaps = days.groupby("customer")["day"].diff().dt.days.dropna()
    second = days[days.groupby("customer").cumcount() < 2].groupby("customer")["day"].diff().dt.days.dropna()
    per_customer = orders.groupby("customer").agg(n=("invoice", "count"), amount=("amount", "sum"))
    once = duckdb.sql(ONCE).fetchall()[0]
    out = {
        "cells": cells.to_dict("records"),
        "once": {"customers": once[0], "revenue": once[1]},
        "gaps": {"n": len(gaps), "mean": gaps.mean(), "quantiles": gaps.quantile([0.25, 0.5, 0.75, 0.9]).tolist()},
        "to_second": {"n": len(second), "quantiles": second.quantile([0.25, 0.5, 0.75, 0.9]).tolist()},
        "classic": concentration(per_customer["amount"]),
        "net": concentration(duckdb.sql(NET).df()["net"]),
        "spearman_orders_spend": float(
            per_customer["n"].rank().corr(per_customer["amount"].astype(float).round(4).rank())  # equal sums are equal
        ),
    }
    with open(os.path.join(HERE, "base_online_retail.json"), "w") as file:
        json.dump(out, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
