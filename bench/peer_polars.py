"""Recency, distinct orders and spend of every customer, by Polars: python peer_polars.py ORDERS RESULT.parquet"""

import sys

import polars as pl

source, result = sys.argv[1:]
lines = pl.scan_parquet(source) if source.endswith(".parquet") else pl.scan_csv(source, try_parse_dates=True)
# In two levels: on these data as fast as n_unique on CSV, and faster on Parquet.
orders = (
    lines.filter(pl.col("customer_id").is_not_null())
    .group_by("customer_id", "invoice_id")
    .agg(last=pl.col("timestamp").max(), spend=(pl.col("quantity") * pl.col("unit_price")).sum())
)
customers = orders.group_by("customer_id").agg(pl.col("last").max(), orders=pl.len(), spend=pl.col("spend").sum())
customers.sink_parquet(result)
