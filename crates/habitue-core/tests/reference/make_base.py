"""Makes base.json: what NumPy and SciPy compute for the customer base, on the columns of numeric.json and some more. Never run
by the tests."""
import json
import math
import os

import numpy as np
import scipy
from scipy.spatial import cKDTree
from scipy.stats import median_abs_deviation, spearmanr

HERE = os.path.dirname(os.path.abspath(__file__))
numeric = json.load(open(os.path.join(HERE, "numeric.json")))
columns = {name: list(values) for name, values in numeric["columns"].items()}
# Every seventh margin and every eleventh recency is missing.
columns["margin"] = [None if i % 7 == 3 else v for i, v in enumerate(columns["margin"])]
columns["recency_days"] = [None if i % 11 == 5 else v for i, v in enumerate(columns["recency_days"])]
arrays = {name: np.array([math.nan if v is None else v for v in values]) for name, values in columns.items()}

correlations = []
names = list(arrays)
for i, a in enumerate(names):
    for j in range(i + 1, len(names)):
        both = np.isfinite(arrays[a]) & np.isfinite(arrays[names[j]])
        rho = spearmanr(arrays[a][both], arrays[names[j]][both]).statistic
        correlations.append([i, j, int(both.sum()), float(rho)])

amounts = [round(v * 10_000) for v in columns["spend"]]
x = np.array(amounts, float)
descending = np.sort(x)[::-1]
spend = arrays["spend"]
scale = np.median(spend[spend > 0]) / 4
logs = np.log1p(spend / scale)
unit = median_abs_deviation(logs) / 0.6745

# Skewed amounts for a histogram with growing bins, and the edges that people would choose.
skewed = [round(12 * math.exp(5 * ((37 * i * i + 11 * i) % 401 + 0.5) / 401), 2) for i in range(400)]
edges = [10, 20, 50, 100, 200, 500, 1000, 2000]
days = [int(370 * (((23 * i + 5) % 997 + 0.5) / 997) ** 1.3) for i in range(990)]
day_edges = list(range(0, 391, 30))

z = np.array(numeric["standard"])[:, :3]
points = np.array([[((17 * i + 7 * j) % 41 + 0.5) / 41 * 4 - 2 for j in range(3)] for i in range(12)])
rows = z[::5]
tree = cKDTree(z)
u = tree.query(points)[0]
w = tree.query(rows, k=2)[0][:, 1]

out = {
    "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
    "columns": columns,
    "spearman": correlations,
    "amounts": amounts,
    "gini": float(np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())),
    "best_20_share": float(descending[:12].sum() / x.sum()),
    "spend": {
        "quartiles": np.quantile(spend, [0, 0.25, 0.5, 0.75, 1]).tolist(),
        "mean": float(spend.mean()),
        "log_scores": ((logs - np.median(logs)) / unit).tolist(),
        "above": float(np.expm1(np.median(logs) + 3.5 * unit) * scale),
    },
    "skewed": {"values": skewed, "edges": edges, "counts": np.histogram(skewed, edges)[0].tolist()},
    "days": {"values": days, "edges": day_edges, "counts": np.histogram(days, day_edges)[0].tolist()},
    "hopkins": {"x": z.tolist(), "points": points.tolist(), "rows": rows.tolist(), "h": float((u**3).sum() / ((u**3).sum() + (w**3).sum()))},
}
with open(os.path.join(HERE, "base.json"), "w") as f:
    json.dump(out, f, indent=None, separators=(",", ":"))
    f.write("\n")
