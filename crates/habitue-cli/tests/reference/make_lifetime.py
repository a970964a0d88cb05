"""Prints what the Python package lifetimes makes of data/online_retail.parquet under the usual cleaning of tutorials.

The figures are in tests/it/lifetime.rs. Needs pandas, pyarrow, scipy, lifetimes 0.11.3. Never run by the tests.
"""
import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data
from scipy.special import betaln, gammaln

rows = pd.read_parquet(__file__.split("crates/")[0] + "data/online_retail.parquet")
rows = rows[rows.CustomerID.notna() & ~rows.InvoiceNo.str.startswith("C") & (rows.Quantity > 0) & (rows.UnitPrice > 0)].copy()
rows["day"], rows["amount"] = rows.InvoiceDate.dt.normalize(), rows.Quantity * rows.UnitPrice
days = rows.groupby(["CustomerID", "day"]).amount.sum().reset_index()
table = summary_data_from_transaction_data(days, "CustomerID", "day", "amount")
x, t, T = table.frequency.to_numpy(), table.recency.to_numpy(), table["T"].to_numpy()
bg = BetaGeoFitter().fit(x, t, T)
bought = table[table.frequency > 0]
gg = GammaGammaFitter().fit(bought.frequency, bought.monetary_value)
r, alpha, a, b = bg.params_[["r", "alpha", "a", "b"]]
gone = np.where(x > 0, betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t), -np.inf)
alive = betaln(a, b + x) - (r + x) * np.log(alpha + T)
print("customers", len(table), "repeat buyers", len(bought))
print(bg.params_.to_dict(), gg.params_.to_dict())
print("log-likelihood", np.sum(gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b) + np.logaddexp(alive, gone)))
expected = bg.conditional_expected_number_of_purchases_up_to_time(365, x, t, T)
spend = gg.conditional_expected_average_profit(table.frequency, table.monetary_value)
print("orders in 365 days", expected.sum(), "spend", (expected * spend).sum())
for customer in (12347.0, 12348.0, 17850.0):
    print(customer, table.loc[customer].to_dict(), expected[table.index.get_loc(customer)], spend[customer])
