"""BG/NBD and Gamma-Gamma on CDNOW against the published estimates and the Python package lifetimes.

    pip install -r bench/requirements-lifetime.txt
    python3 bench/lifetime.py CDNOW_master.csv CDNOW_sample.txt [--rows 1000000]

CDNOW_master.csv has columns customer_id, date, dollar_value; CDNOW_sample.txt is the file of the 1/10 sample as it is
published (columns by blanks: id in the master file, id, date, CDs, value). Prints estimates beside the published ones, the expected purchases of
the holdout, likelihoods, and times; --rows adds that many simulated customers. Exit 1 when a bar is not met.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "release/examples/time_lifetime")
# Cumulative repeat purchases of the sample that BG/NBD expects by the end of weeks 20 to 25, as the walkthrough of the R
# package BTYD prints them.
PUBLISHED_CURVE = {20: 1309, 21: 1385, 22: 1460, 23: 1533, 24: 1604, 25: 1674}
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "p": 6.25, "q": 3.74, "gamma": 15.44}


def summary(orders, end):
    """x, t, T in days and mean spend, of purchases up to a day; purchases of one day are one."""
    days = orders[orders.date <= end].groupby(["customer_id", "date"]).dollar_value.sum().reset_index()
    first = days.groupby("customer_id").date.transform("min")
    repeats = days[days.date > first]
    table = pd.DataFrame({"first": days.groupby("customer_id").date.min()})
    table["x"] = repeats.groupby("customer_id").size().reindex(table.index, fill_value=0)
    last = days.groupby("customer_id").date.max()
    table["t"] = (last - table["first"]).dt.days
    table["T"] = (pd.Timestamp(end) - table["first"]).dt.days
    table["z"] = repeats.groupby("customer_id").dollar_value.mean().reindex(table.index, fill_value=0.0)
    return table


def habitue(table, days, runs=5):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as f:
        table[["x", "t", "T", "z"]].to_csv(f.name, index=False, header=False)
        found = [json.loads(subprocess.run([PROGRAM, f.name, str(days)], check=True, capture_output=True).stdout) for _ in range(runs)]
    for key in [k for k in found[0] if k.endswith("seconds")]:
        found[0][key] = statistics.median(f[key] for f in found)
    return found[0]


def package(table, runs=5):
    bought = (table.x > 0) & (table.z > 0)
    seconds = {"bg-nbd": [], "gamma-gamma": []}
    for _ in range(runs):
        clock = time.perf_counter()
        bg = BetaGeoFitter().fit(table.x, table.t, table["T"])
        seconds["bg-nbd"].append(time.perf_counter() - clock)
        clock = time.perf_counter()
        gg = GammaGammaFitter().fit(table.x[bought], table.z[bought])
        seconds["gamma-gamma"].append(time.perf_counter() - clock)
    return bg, gg, {k: statistics.median(v) for k, v in seconds.items()}


def log_likelihood(table, r, alpha, a, b):
    from scipy.special import betaln, gammaln
    x, t, T = (table[c].to_numpy(float) for c in ("x", "t", "T"))
    gone = np.where(x > 0, betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t), -np.inf)
    alive = betaln(a, b + x) - (r + x) * np.log(alpha + T)
    return float(np.sum(gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b) + np.logaddexp(alive, gone)))


def curve(first, weeks, r, alpha, a, b):
    """Repeat purchases that all customers together are expected to have made by the end of a week of 1997: the sum of
    E X(t) over the times since their first purchase (Fader, Hardie & Lee 2005, eq. 9)."""
    from scipy.special import hyp2f1
    t = np.clip(weeks - (first - pd.Timestamp("1997-01-01")).dt.days.to_numpy() / 7, 0, None)
    return float(((a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t)))).sum())


def simulated(n):
    g = np.random.default_rng(1)
    known = g.integers(1, 731, n)
    rate, p, nu = g.gamma(0.6, 1 / 40, n), g.beta(0.8, 2.4, n), g.gamma(4, 1 / 60, n)
    chances = g.geometric(np.maximum(p, 1e-9))
    x, t = np.zeros(n, int), np.zeros(n)
    now, here = np.zeros(n), np.ones(n, bool)
    while here.any():
        now[here] += g.exponential(1, here.sum()) / rate[here]
        here &= (now <= known) & (x < chances)
        x[here] += 1
        t[here] = now[here]
    z = np.where(x > 0, g.gamma(5.0 * np.maximum(x, 1)) / nu / np.maximum(x, 1), 0.0)
    return pd.DataFrame({"x": x, "t": np.ceil(t).astype(int), "T": known, "z": z.round(2)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("master")
    parser.add_argument("sample")
    parser.add_argument("--rows", type=int, default=0)
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "-p", "habitue-core", "--example", "time_lifetime"], check=True, cwd=ROOT)
    read = lambda path: pd.read_csv(path, dtype={"customer_id": str}, parse_dates=["date"])
    master = read(options.master)
    sample = pd.read_csv(options.sample, sep=r"\s+", header=None, names=["customer_id", "id", "date", "cds", "dollar_value"],
                         dtype={"customer_id": str})
    sample["date"] = pd.to_datetime(sample["date"].astype(str))
    wrong = []
    table = summary(sample, "1997-09-30")
    holdout = sample[sample.date > "1997-09-30"].drop_duplicates(["customer_id", "date"]).shape[0]
    found = habitue(table, 273)
    bg, gg, _ = package(table)
    ours = {k: found["bg-nbd"][k]["value"] / (7 if k == "alpha" else 1) for k in ("r", "alpha", "a", "b")}
    ours |= {k: found["gamma-gamma"][k]["value"] for k in ("p", "q", "gamma")}
    print(f"CDNOW sample, {len(table)} customers, weeks\n| | published | habitue | difference |\n|---|---|---|---|")
    for name, value in PUBLISHED.items():
        difference = ours[name] / value - 1
        print(f"| {name} | {value} | {ours[name]:.4f} | {difference:+.2%} |")
        if abs(difference) > 0.005:
            wrong.append(f"{name} is {ours[name]}")
    of_bg = [ours[name] for name in ("r", "alpha", "a", "b")]
    expected = {week: curve(table["first"], week, *of_bg) for week in [*PUBLISHED_CURVE, 39, 78]}
    for week, value in PUBLISHED_CURVE.items():
        print(f"expected by week {week}: published {value}, habitue {expected[week]:.0f} ({expected[week] / value - 1:+.2%})")
        if abs(expected[week] / value - 1) > 0.01:
            wrong.append(f"the curve at week {week} is {expected[week]}")
    print(f"expected in weeks 40 to 78: by the curve {expected[78] - expected[39]:.0f}, by week 78 {expected[78]:.0f}")
    by_package = float(bg.conditional_expected_number_of_purchases_up_to_time(273, table.x, table.t, table["T"]).sum())
    print(f"expected purchases of the holdout: habitue {found['expected purchases']:.1f}, lifetimes {by_package:.1f}, "
          f"MBG/NBD {found['expected purchases by mbg-nbd']:.1f}, seen {holdout}")
    if abs(found["expected purchases"] / by_package - 1) > 0.01:
        wrong.append("expected purchases differ")
    sets = [("CDNOW sample", table), ("CDNOW master to 1997-09-30", summary(master, "1997-09-30")),
            ("CDNOW master", summary(master, master.date.max()))]
    if options.rows:
        sets.append((f"{options.rows} simulated", simulated(options.rows)))
    print("\n| customers | distinct | model | habitue s | lifetimes s | ratio | log-likelihood habitue | lifetimes |\n|---|---|---|---|---|---|---|---|")
    for name, table in sets:
        large = len(table) > 100_000
        found = habitue(table, 365, 3 if large else 9)
        bg, gg, seconds = package(table, 1 if large else 5)
        theirs = {"bg-nbd": log_likelihood(table, *bg.params_[["r", "alpha", "a", "b"]]),
                  "gamma-gamma": float(-gg._negative_log_likelihood_ * ((table.x > 0) & (table.z > 0)).sum()) if hasattr(gg, "_negative_log_likelihood_") else float("nan")}
        for model in ("bg-nbd", "gamma-gamma"):
            mine, ratio = found[model]["log_likelihood"], seconds[model] / found[f"{model} seconds"]
            print(f"| {name}: {len(table)} | {found['distinct']} | {model} | {found[f'{model} seconds']:.4f} | {seconds[model]:.3f} | {ratio:.0f} | {mine:.4f} | {theirs[model]:.4f} |", flush=True)
            if name == "CDNOW master" and (ratio < 50 or mine < theirs[model] - 1e-3):
                wrong.append(f"{model}: {ratio:.0f} times as fast, likelihood {mine} against {theirs[model]}")
        print(f"| | | all columns of {len(table)} customers | {found['forecast seconds']:.3f} | | | | |")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
