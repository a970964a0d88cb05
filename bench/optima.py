"""k-means on standard sets whose best sum of squares is known, beside scikit-learn's ten starts in the same run.

    pip install -r bench/requirements-kmeans.txt
    python3 bench/optima.py DIR [--seeds 1] [--most 3e6] [--without-peer]

The sets are those of the literature on minimum-sum-of-squares clustering (Gribel & Vidal 2019, Table 1, and others).
DIR holds data/NAME.csv.gz (numbers, no header) and mssc_table.csv with the columns dataset, n, d, k, best_known, cited (a
published optimum, if there is one) and ninit100_mean (percent that the best of a hundred starts of scikit-learn lies
above, if that was tried). Each instance of up to `--most` rows x columns x clusters is fitted as `habitue` and
scikit-learn come, twice, of which the second run counts; reading is outside the time. Prints a line for every instance
that is not at its best, and what all of them come to.
"""
import argparse
import csv
import os
import subprocess
import tempfile

import numpy as np

from kmeans import ROOT, Habitue, timed

CLOSE = 1e-4
"""How far above a published optimum still counts as there."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--most", type=float, default=3e6)
    parser.add_argument("--without-peer", action="store_true")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "-p", "habitue-core", "--example", "time_kmeans"], check=True, cwd=ROOT)
    with open(os.path.join(options.folder, "mssc_table.csv"), newline="") as table:
        instances = [row for row in csv.DictReader(table)]
    size = lambda row: int(row["n"]) * int(row["d"]) * int(row["k"])  # noqa: E731
    instances = [row for row in instances if size(row) <= options.most]
    gaps, ours, theirs, worse, missed, quicker, lower, higher = [], [0, 0], [0, 0], 0, 0, 0, 0, 0
    print("| set | n | d | k | % above best known | best of 100 starts of scikit-learn | published |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        rows = os.path.join(folder, "rows")
        for row in instances:
            x = np.loadtxt(os.path.join(options.folder, "data", row["dataset"] + ".csv.gz"), delimiter=",", ndmin=2)
            x.tofile(rows)
            k, best = int(row["k"]), float(row["best_known"])
            hundred = 1 + float(row["ninit100_mean"]) / 100 if row["ninit100_mean"] else np.inf
            for seed in range(options.seeds):
                with Habitue("fit", rows, x.shape[1], k, 10, seed) as habitue:
                    wall, processor, (inertia,) = [habitue.run() for _ in range(2)][1]
                gap = inertia / best - 1
                gaps.append(gap)
                ours = [ours[0] + wall, ours[1] + processor]
                is_worse, is_missed = inertia / best > hundred * (1 + 1e-9), bool(row["cited"]) and gap > CLOSE
                worse, missed = worse + is_worse, missed + is_missed
                if gap > 1e-9 or is_worse:
                    start = f"{100 * (hundred - 1):.4f}" if np.isfinite(hundred) else ""
                    print(f"| {row['dataset']} | {len(x)} | {x.shape[1]} | {k} | {100 * gap:.4f}{' (worse)' if is_worse else ''} | {start} | {'yes' if row['cited'] else ''} |", flush=True)
                if not options.without_peer:
                    from sklearn.cluster import KMeans
                    fit = lambda: KMeans(k, n_init=10, random_state=seed).fit(x).inertia_  # noqa: E731
                    peer = [timed(fit) for _ in range(2)][1]
                    theirs = [theirs[0] + peer[0], theirs[1] + peer[1]]
                    quicker += processor < peer[1]
                    lower += inertia < peer[2] * (1 - 1e-9)
                    higher += inertia > peer[2] * (1 + 1e-9)
    gaps = np.array(gaps)
    print(f"\n{len(gaps)} runs: {100 * gaps.mean():.4f} % above best known on average, {100 * (gaps <= 1e-9).mean():.0f} % at it;")
    print(f"{worse} worse than the best of a hundred starts, {missed} more than {CLOSE:.0e} above a published optimum;")
    print(f"habitue {ours[0]:.2f} s, {ours[1]:.2f} s of processor time", end="")
    print("" if options.without_peer else f"; scikit-learn, ten starts, {theirs[0]:.2f} s, {theirs[1]:.2f} s; less processor time on {quicker} of {len(gaps)}, lower sums on {lower}, higher on {higher}")


if __name__ == "__main__":
    main()
