#!/usr/bin/env python3
"""Measures the clusterings that are not k-means against scikit-learn and hdbscan: python3 bench/shapes.py [JOB …]

Jobs: mixture, dbscan, hdbscan, ward. Each is run in pairs, ours and a peer in turn, every run a process of its own.
Shown are medians (and the least and the greatest) of the wall time and processor time of the fit and of the memory
that it takes, and beside them what was reached: the mean log-likelihood, the radius, the mean strength or the sum of
heights, the number of clusters and of rows in none, and the adjusted Rand index between ours and the peer's labels.

A peer's time and memory are those of its fit alone; ours are those of the whole process, which also reads the table.
Mixtures start from the same labels. Needs numpy, scikit-learn and hdbscan.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = HERE / "data"
NOISE = 2**32 - 1

# Job: table, rows, columns, settings, peers.
JOBS = {
    "mixture": [
        ("blobs", 1_000_000, 8, {"k": 8}, ["scikit-learn"]),
        ("customers", 1_000_000, 4, {"k": 8}, ["scikit-learn"]),
    ],
    "dbscan": [
        ("customers", 100_000, 4, {"eps": 0.1, "min_points": 10}, ["scikit-learn"]),
        ("blobs", 100_000, 4, {"eps": 0.3, "min_points": 10}, ["scikit-learn"]),
        ("customers", 500_000, 4, {"eps": 0.05, "min_points": 10}, ["scikit-learn"]),
    ],
    "hdbscan": [
        ("customers", 50_000, 4, {"min_size": 50, "min_samples": 10}, ["scikit-learn", "hdbscan"]),
        ("blobs", 50_000, 4, {"min_size": 50, "min_samples": 10}, ["hdbscan"]),
        ("customers", 100_000, 4, {"min_size": 50, "min_samples": 10}, ["hdbscan"]),
    ],
    "ward": [
        ("customers", 20_000, 4, {"k": 8}, ["scikit-learn"]),
        ("blobs", 20_000, 4, {"k": 8}, ["scikit-learn"]),
    ],
}


def main():
    if len(sys.argv) > 1 and sys.argv[1] in CHILDREN:
        CHILDREN[sys.argv[1]](**json.loads(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help="what to measure (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (default: 5)")
    parser.add_argument("--habitue", help="a built time_shapes to measure, in place of building one")
    options = parser.parse_args()
    program = options.habitue or build()
    DATA.mkdir(parents=True, exist_ok=True)
    packages = ("numpy", "scipy", "scikit-learn", "hdbscan")
    print(", ".join(f"{name} {metadata.version(name)}" for name in packages), f"; {os.cpu_count()} processors\n")
    print("| job | program | wall s | processor s | memory MB | reached | clusters | in none | ARI |")
    print("|---|---|---|---|---|---|---|---|---|")
    for job in options.jobs or JOBS:
        for table, n, d, settings, peers in JOBS[job]:
            measure(program, job, points(table, n, d), f"{table} {n:,} × {d}", settings, peers, options.rounds)


def build():
    command = ["cargo", "build", "--release", "--quiet", "-p", "habitue-core", "--example", "time_shapes"]
    subprocess.run(command, cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "examples" / "time_shapes"


def points(table, n, d):
    """The file of a table of `n` rows of `d` columns; the same every time."""
    file = DATA / f"{table}_{n}_{d}.npy"
    if not file.exists():
        child("--make", file=str(file), table=table, n=n, d=d)
    return file


def child(what, **task):
    """Runs a function of this file in a process of its own and gives back what it prints.

    A process starts with the memory of the one that started it on its account, so this one stays small.
    """
    command = [sys.executable, __file__, what, json.dumps(task)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def make(file, table, n, d):
    import numpy as np

    draw = np.random.Generator(np.random.PCG64(n + d))
    np.save(file, np.ascontiguousarray(TABLES[table](draw, n, d)))


def blobs(draw, n, d):
    """Twice as many Gaussians as columns, of unequal size and of different spread along each axis."""
    import numpy as np

    k = 2 * d
    centres, spread = draw.standard_normal((k, d)) * 2.2, draw.uniform(0.5, 1.4, (k, d))
    of_row = draw.choice(k, n, p=draw.dirichlet(np.full(k, 2.0)))
    return centres[of_row] + draw.standard_normal((n, d)) * spread[of_row]


def customers(draw, n, d):
    """Recency, orders, spend and tenure of customers who buy at their own rate until they stop: skewed, and full of
    equal values; log(1 + x), then z-score."""
    import numpy as np

    tenure = np.floor(730 * draw.beta(1.1, 1.3, n)) + 1
    active = np.minimum(tenure, draw.exponential(1.0, n) / np.maximum(draw.gamma(0.6, 1 / 60, n), 1e-9))
    repeats = draw.poisson(draw.gamma(0.55, 1 / 18, n) * active)
    last = np.where(repeats > 0, active * draw.random(n) ** (1 / np.maximum(repeats, 1)), 0)
    orders = repeats + 1
    spend = np.round(draw.gamma(6.0 * orders) * 7 / np.maximum(draw.gamma(3.5, 1.0, n), 0.05), 2) + 0.5
    table = np.log1p(np.column_stack([np.floor(tenure - last), orders, spend, tenure])[:, :d])
    return (table - table.mean(0)) / table.std(0)


TABLES = {"blobs": blobs, "customers": customers}


def measure(program, job, file, name, settings, peers, rounds):
    with tempfile.TemporaryDirectory() as folder:
        start = {}
        if job == "mixture":
            start = {"start": str(Path(folder) / "start")}
            child("--peer", job="start", file=str(file), labels=start["start"], **settings)
        runs = {who: [] for who in ["habitue", *peers]}
        for _ in range(rounds):
            for who in runs:
                labels = str(Path(folder) / who)
                if who == "habitue":
                    words = [f"{key}={value}" for key, value in {**settings, **start, "labels": labels}.items()]
                    runs[who].append(run([program, job, file, *words], is_ours=True))
                else:
                    task = {"job": job, "peer": who, "file": str(file), "labels": labels, **settings, **start}
                    runs[who].append(run([sys.executable, __file__, "--peer", json.dumps(task)], is_ours=False))
        for who, measured in runs.items():
            found = measured[0]
            agreement = "" if who == "habitue" else child("--rand", folder=folder, peer=who).strip()
            cells = [f"{job}, {name}", who, *(spread(measured, key) for key in ("seconds", "processor", "memory"))]
            cells += [f"{found['objective']:.6g}", f"{found['n_clusters']}", f"{found['n_noise']:,}", agreement]
            print("|", " | ".join(cells), "|", flush=True)


def spread(measured, key):
    values = [m[key] for m in measured]
    return f"{statistics.median(values):.3g} ({min(values):.3g}–{max(values):.3g})"


def rand(folder, peer):
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    ours, theirs = (np.fromfile(Path(folder) / who, dtype=np.uint32) for who in ("habitue", peer))
    print(f"{adjusted_rand_score(ours, theirs):.4f}")


def run(command, is_ours):
    """Runs a process; its last line is what it found. Ours is measured from the outside."""
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} failed")
    found = json.loads(output.splitlines()[-1])
    if is_ours:
        found |= {"processor": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024}
    return found


def run_peer(**task):
    """One fit of a peer, in this process."""
    import time

    import numpy as np

    x = np.load(task["file"])
    fit = peer(task, x)
    before, begin = usage(), time.perf_counter()
    labels, objective = fit()
    seconds, after = time.perf_counter() - begin, usage()
    labels = np.asarray(labels)
    objective = objective() if callable(objective) else objective
    np.where(labels < 0, NOISE, labels).astype(np.uint32).tofile(task["labels"])
    found = {"seconds": seconds, "processor": after[0] - before[0], "memory": after[1] - before[1]}
    found |= {"objective": objective, "n_clusters": int(labels.max()) + 1, "n_noise": int((labels < 0).sum())}
    if task["job"] != "start":
        print(json.dumps(found))


def usage():
    """Processor seconds of this process and those it waited for, and the most memory it held, in MB."""
    import resource

    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    processor = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    return processor, own.ru_maxrss / 1024


def peer(task, x):
    """What is to be timed, with everything imported."""
    import numpy as np

    job, k = task["job"], task.get("k")
    if job == "start":
        from sklearn.cluster import KMeans

        return lambda: (KMeans(k, n_init=1, random_state=0).fit(x).labels_, 0.0)
    if job == "mixture":
        from sklearn.mixture import GaussianMixture

        given = np.eye(k)[np.fromfile(task["start"], dtype=np.uint32)]

        class FromLabels(GaussianMixture):
            def _initialize_parameters(self, x, *_, **__):
                self._initialize(x, given)

        def fit():
            model = FromLabels(k).fit(x)
            labels = model.predict(x)
            return labels, lambda: model.score(x)

        return fit
    if job == "dbscan":
        from sklearn.cluster import DBSCAN

        return lambda: (DBSCAN(eps=task["eps"], min_samples=task["min_points"], n_jobs=2).fit(x).labels_, task["eps"])
    if job == "ward":
        from sklearn.cluster import AgglomerativeClustering

        def fit():
            model = AgglomerativeClustering(k, compute_distances=True).fit(x)
            return model.labels_, float(model.distances_.sum())

        return fit
    if task["peer"] == "hdbscan":
        import hdbscan

        # In one process, so that all its time and memory are seen; its min_samples leaves the row itself out.
        model = hdbscan.HDBSCAN(
            min_cluster_size=task["min_size"],
            min_samples=task["min_samples"] - 1,
            approx_min_span_tree=False,
            core_dist_n_jobs=1,
        )
    else:
        from sklearn.cluster import HDBSCAN

        model = HDBSCAN(min_cluster_size=task["min_size"], min_samples=task["min_samples"], n_jobs=2, copy=True)

    def fit():
        model.fit(x)
        return model.labels_, float(model.probabilities_.mean())

    return fit


CHILDREN = {"--peer": run_peer, "--make": make, "--rand": rand}

if __name__ == "__main__":
    main()
