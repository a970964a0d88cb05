"""What k-means costs against the number of rows, columns and clusters, as a picture beside scikit-learn's cost.

    pip install -r bench/requirements-kmeans.txt
    python3 bench/cost.py [--rounds 3] [-o docs/kmeans-cost.svg]

Lloyd's iterations from equal starts to convergence on the customers of bench/kmeans.py; processor time, medians; trees
are built inside the time. Prints what it draws.
"""
import argparse
import os
import statistics
import subprocess
import tempfile

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from kmeans import ROOT, Habitue, customers, starts, timed  # noqa: E402

N, D, K = 100_000, 4, 8
VARIED = {
    "rows": ("n", [(n, D, K) for n in (1_000, 10_000, 100_000, 1_000_000, 4_000_000)]),
    "columns": ("d", [(N, d, K) for d in (1, 2, 4, 8, 16, 32)]),
    "clusters": ("k", [(N, D, k) for k in (2, 4, 8, 16, 32, 64)]),
}


def table(n, d):
    """Customers; beyond eight columns, noisy copies of them."""
    x = customers(n, min(d, 8))
    g = np.random.default_rng(d)
    while x.shape[1] < d:
        more = x[:, :min(8, d - x.shape[1])]
        x = np.column_stack([x, more + 0.5 * g.standard_normal(more.shape)])
    return np.ascontiguousarray(x)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-o", "--output", default=os.path.join(ROOT, "docs/kmeans-cost.svg"))
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "-p", "habitue-core", "--example", "time_kmeans"], check=True, cwd=ROOT)
    from sklearn.cluster import KMeans
    figure, axes = plt.subplots(1, len(VARIED), figsize=(11, 3.4), sharey=True)
    print("| n | d | k | habitue, processor s | scikit-learn | ratio |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        rows, centres = os.path.join(folder, "rows"), os.path.join(folder, "centres")
        for axis, (what, (letter, points)) in zip(axes, VARIED.items()):
            drawn = {"habitue": [], "scikit-learn": []}
            for n, d, k in points:
                x = table(n, d)
                start = starts(x, k, 7 * k + 1)
                x.tofile(rows)
                start.tofile(centres)
                ours, theirs = [], []
                with Habitue("lloyd", rows, d, centres) as habitue:
                    for _ in range(options.rounds):
                        ours.append(habitue.run()[1])
                        fit = KMeans(k, init=start, n_init=1, tol=0, max_iter=100_000)
                        theirs.append(timed(lambda: [fit.fit(x).inertia_])[1])
                ours, theirs = statistics.median(ours), statistics.median(theirs)
                drawn["habitue"].append(ours)
                drawn["scikit-learn"].append(theirs)
                print(f"| {n} | {d} | {k} | {ours:.4f} | {theirs:.4f} | {theirs / max(ours, 1e-9):.1f} |", flush=True)
            at = [p["ndk".index(letter)] for p in points]
            for (program, seconds), marker, colour in zip(drawn.items(), "os", ("#0b6e8a", "#b3541e")):
                axis.plot(at, seconds, marker=marker, color=colour, label=program)
            axis.set(xscale="log", yscale="log", xlabel=f"{what} ({letter})")
            axis.set_xticks(at, [f"{v:,}" if v < 10_000 else f"{v:.0e}".replace("e+0", "e") for v in at], minor=False)
            axis.minorticks_off()
            axis.grid(alpha=0.3)
    axes[0].set_ylabel("processor seconds")
    axes[0].legend(frameon=False)
    figure.suptitle(f"Lloyd's iterations to convergence; where not varied, n = {N:,}, d = {D}, k = {K}", fontsize=10)
    figure.tight_layout()
    plt.rcParams["svg.hashsalt"] = "habitue"
    figure.savefig(options.output, metadata={"Date": None})


if __name__ == "__main__":
    main()
