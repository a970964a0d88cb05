#!/usr/bin/env python3
"""Writes lifecycle_online_retail.json: the stages of life of the customers of data/online_retail.parquet, by other software.

Made with pandas and numpy under Python 3.11; never run in CI. From the root of the repository:

    python3 crates/habitue-cli/tests/reference/make_lifecycle.py

Takes the features that SQL computed (make_rfm.py, usual cleaning of tutorials), and applies the definition of the
stages to all customers at once, where the program goes customer by customer.
"""

import json
import pathlib

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent
table = pd.read_csv(HERE / "rfm_online_retail.csv.gz", dtype={"customer_id": str})
table = table[table.orders.notna() & (table.orders > 0)]

usual = table.days_between_orders.median()
own = table.days_between_orders
gap = np.where(own > 0, ((table.orders - 1) * own + usual) / table.orders, usual)
wait = table.recency_days / gap
stage = pd.cut(wait, [-np.inf, 1.5, 3, 6, np.inf], labels=["active", "slipping", "dormant", "lost"]).astype(str)
grows = (stage == "active") & (table.spend_trend >= 1 / 3) & (table.orders >= 3)
stage = stage.mask(grows, "growing").mask(table.tenure_days <= usual, "new")

found = {
    "usual_gap_days": float(usual),
    "stages": {
        name: {"customers": int(len(of)), "spend_12m": int(round(of.spend_12m.sum() * 10_000))}
        for name, of in table.groupby(stage)
    },
}
(HERE / "lifecycle_online_retail.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
print(json.dumps(found, indent=1))
