#!/usr/bin/env python3
"""Writes goods_online_retail.json: what segments of data/online_retail.parquet buy and at which price, by other software.

Made with duckdb 2.0.0, pandas, numpy and statsmodels under Python 3.11; never run in CI. From the root of the repository:

    cargo run --bin habitue -- segment data/online_retail.parquet -o goods-results --features orders --k 3 --force
    python3 crates/habitue-cli/tests/reference/make_goods.py goods-results/segments.csv

Only who is in which segment is taken from the program: rows are read, cleaned and counted here again, with pandas where
the program has its own fold, and with dummies in statsmodels where the program takes means out in turns.
"""

import json
import os
import sys
from collections import defaultdict

import duckdb
import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.join(HERE, "../../../../data/online_retail.parquet")
SERVICES = "'POST','DOT','M','C2','D','S','B','BANK CHARGES','AMAZONFEE','CRUK','PADS'"
PRODUCTS = ["22423", "85123A", "84879", "47566", "22378", "23215", "21034"]

# Default cleaning: customer known, exact duplicates once, returns and free items kept. Money in 1/10,000, units in 1/1,000.
lines = duckdb.sql(f"""
    SELECT CustomerID::VARCHAR AS customer, InvoiceNo AS invoice, StockCode AS product,
           epoch(InvoiceDate)::BIGINT AS time, epoch(InvoiceDate)::BIGINT // 86400 AS day,
           Quantity * 1000 AS units, (CAST(UnitPrice AS DECIMAL(18, 4)) * Quantity * 10000)::BIGINT AS amount
    FROM (SELECT DISTINCT * FROM '{SAMPLE}' WHERE CustomerID IS NOT NULL)
    WHERE upper(StockCode) NOT IN ({SERVICES}) AND NOT starts_with(StockCode, 'gift_')
""").df()
members = pd.read_csv(sys.argv[1], dtype=str)[["customer_id", "segment"]].dropna()
members = members[members.segment != "0"]  # customers without a net purchase
segment_of = dict(zip(members.customer_id, members.segment.astype(int)))
sizes = members.segment.astype(int).value_counts().sort_index()
lines["segment"] = lines.customer.map(segment_of)
nowhere = lines[lines.segment.isna()]
lines = lines.dropna(subset=["segment"]).astype({"segment": int})
as_of = int(duckdb.sql(f"SELECT epoch(max(InvoiceDate))::BIGINT // 86400 + 1 FROM '{SAMPLE}'").fetchall()[0][0])


def standing(table):
    """Sales that brought money and that no later return of the same quantity and amount took back: latest first."""
    is_return = (table.amount < 0) | ((table.amount == 0) & (table.units < 0))
    keys = table.customer + "|" + table["product"]
    taken = set()
    for _, group in table[keys.isin(keys[is_return])].groupby(["customer", "product"], sort=False):
        sales = list(group[group.amount > 0].itertuples())
        for back in group[is_return[group.index]].sort_values("time").itertuples():
            same = [s for s in sales if s.Index not in taken and s.units == -back.units
                    and s.amount == -back.amount and s.time <= back.time]
            if same:
                taken.add(max(same, key=lambda s: s.time).Index)
    kept = table.index[(table.amount > 0) & ~table.index.isin(list(taken))]
    return table.loc[kept]


sales = standing(lines)
net = lines.groupby(["customer", "product", "segment"], as_index=False)[["units", "amount"]].sum()
buyers = net[net.amount > 0].groupby(["product", "segment"]).size()
revenue = net.groupby(["product", "segment"]).amount.sum()
units = net.groupby(["product", "segment"]).units.sum()
orders = sales.groupby(["product", "segment"]).invoice.nunique()


def lift(a, n, b, m):
    a, n, b, m = (x + 0.5 for x in (a, n, b, m))
    log, error = np.log(a / n / (b / m)), np.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    z = stats.norm.ppf(0.975)
    return [float(np.exp(x)) for x in (log, log - z * error, log + z * error)]


products = {}
for product in PRODUCTS:
    one = {}
    for segment in sizes.index:
        key = (product, segment)
        a = int(buyers.get(key, 0))
        b = int(buyers[product].sum()) - a if product in buyers.index else 0
        n, m = int(sizes[segment]), int(sizes.sum() - sizes[segment])
        one[str(segment)] = {"buyers": a, "revenue": int(revenue.get(key, 0)), "units": int(units.get(key, 0)),
                             "orders": int(orders.get(key, 0)), "lift": lift(a, n, b, m)}
    products[product] = one

# Prices: the thousand best sellers by orders, then by week.
totals = pd.DataFrame({"orders": orders.groupby("product").sum(), "revenue": revenue.groupby("product").sum()})
best = set(totals.dropna().sort_values(["orders", "revenue"], ascending=False).index[:1000])


def price(amount, units):
    """Rounded to four digits, half up, in whole numbers."""
    p = (2 * amount * 1000 + units) // (2 * units)
    step = 10 ** max(len(str(p)) - 4, 0)
    return (p + step // 2) // step * step


sold = sales[sales["product"].isin(best) & (sales.units > 0)].copy()
sold["price"] = [price(int(a), int(u)) for a, u in zip(sold.amount, sold.units)]
sold = sold[sold.price > 0]
sold["week"] = (sold.day + 3) // 7


def middle(values, weights):
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    return int(values[order][np.searchsorted(2 * sums, sums[-1])])


usual = {p: middle(g.price.to_numpy(), g.units.to_numpy()) for p, g in sold.groupby("product") if len(g) >= 20}
priced = sold[sold["product"].isin(usual)]
index = {}
for segment, g in priced.groupby("segment"):
    index[str(segment)] = float(g.amount.sum() / sum(int(u) * usual[p] / 1000 for u, p in zip(g.units, g["product"])))

# Elasticity: dummies for products and weeks, sandwich by product.
week = sold.groupby(["product", "week"]).apply(
    lambda g: pd.Series({"n": len(g), "price": middle(g.price.to_numpy(), np.ones(len(g), int))}), include_groups=False
).reset_index()
week = week[week.n >= 3]
elasticity = {}
for segment in [None, *sizes.index]:
    own = sold if segment is None else sold[sold.segment == segment]
    cells = week.merge(own.groupby(["product", "week"], as_index=False).units.sum(), how="left")
    kept = []
    for _, g in cells.groupby("product"):
        bought = g.dropna(subset=["units"])
        if len(bought) >= 8 and len(bought) >= 0.8 * len(g) and bought.price.nunique() >= 2:
            kept.append(bought)
    name = "all" if segment is None else str(segment)
    n_products = len(kept)
    if n_products < 10:
        elasticity[name] = {"products": n_products}
        continue
    cells = pd.concat(kept)
    x = pd.concat([np.log(cells.price), pd.get_dummies(cells["product"], dtype=float),
                   pd.get_dummies(cells.week, drop_first=True, dtype=float)], axis=1)
    fit = sm.OLS(np.log(cells.units / 1000), x).fit(
        cov_type="cluster", cov_kwds={"groups": cells["product"].astype("category").cat.codes, "use_correction": False})
    g, n, k = n_products, len(cells), 1 + cells.week.nunique()
    error = fit.bse["price"] * np.sqrt(g / (g - 1) * (n - 1) / (n - k))
    t = stats.t.ppf(0.975, g - 1)
    elasticity[name] = {"products": g, "cells": n, "value": float(fit.params["price"]), "error": float(error),
                        "low": float(fit.params["price"] - t * error), "high": float(fit.params["price"] + t * error)}

nobody = duckdb.sql(f"""
    SELECT StockCode AS product, max(epoch(InvoiceDate)::BIGINT // 86400) AS day FROM '{SAMPLE}'
    WHERE CustomerID IS NULL AND Quantity * UnitPrice > 0 GROUP BY 1""").df()
last = defaultdict(int)
for table in (sales, standing(nowhere), nobody):
    for p, d in table.groupby("product").day.max().items():
        last[p] = max(last[p], int(d))
by_product = orders.groupby("product").sum()
dead = [p for p, n in by_product.items() if n >= 10 and last[p] < as_of - 90]
out = {
    "sizes": [int(n) for n in sizes],
    "products_sold": int((by_product > 0).sum()),
    "revenue": int(lines.amount.sum()),
    "products": products,
    "index": index,
    "elasticity": elasticity,
    "dead": {"products": len(dead), "revenue": int(revenue[dead].sum())},
}
with open(os.path.join(HERE, "goods_online_retail.json"), "w") as file:
    json.dump(out, file, indent=1)
    file.write("\n")
