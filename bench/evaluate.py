"""Indices beside scikit-learn: the same table, the same labels, in turns; medians, processor time and memory.

    cargo build --release -p habitue-core --example time_evaluate
    python bench/evaluate.py target/release/examples/time_evaluate [PAIRS] [INDEX ...]

Reading the table is outside the times. Memory is the peak of each process, which holds the table too."""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

JOBS = {
    "silhouette": [(20_000, 8), (50_000, 8)],
    "squared": [(20_000, 8)],
    "calinski_harabasz": [(1_000_000, 8)],
    "davies_bouldin": [(1_000_000, 8)],
    "adjusted_rand": [(1_000_000, 8)],
    "adjusted_mutual_information": [(1_000_000, 8)],
}


def table(n, d):
    import numpy as np

    random = np.random.default_rng(1)
    labels = random.integers(0, 8, n).astype("<u4")
    return random.standard_normal((n, d)) + 2 * random.standard_normal((8, d))[labels], labels


def theirs(index, n, d):
    from sklearn import metrics

    x, labels = table(n, d)
    other = labels[::-1].copy()
    call = {
        "silhouette": lambda: metrics.silhouette_samples(x, labels).mean(),
        "squared": lambda: metrics.silhouette_score(x, labels, metric="sqeuclidean"),
        "calinski_harabasz": lambda: metrics.calinski_harabasz_score(x, labels),
        "davies_bouldin": lambda: metrics.davies_bouldin_score(x, labels),
        "adjusted_rand": lambda: metrics.adjusted_rand_score(labels, other),
        "adjusted_mutual_information": lambda: metrics.adjusted_mutual_info_score(labels, other),
    }[index]
    start, cpu = time.perf_counter(), time.process_time()
    value = float(call())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "value": value, "mb": memory}


def ours(program, index, n, d, folder):
    paths = [os.path.join(folder, f"{n}x{d}.{kind}") for kind in ("table", "labels")]
    process = subprocess.Popen([program, paths[0], str(d), paths[1], index], stdout=subprocess.PIPE, text=True)
    found = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    found.update(cpu=usage.ru_utime + usage.ru_stime, mb=usage.ru_maxrss / 1024)
    return found


def main(program, pairs, wanted):
    folder = tempfile.mkdtemp()
    for n, d in sorted({size for sizes in JOBS.values() for size in sizes}):
        # In a process of its own: a child's peak memory is at least that of its parent when it was started.
        subprocess.check_call([sys.executable, __file__, "--table", folder, str(n), str(d)])
    for index, sizes in JOBS.items():
        for n, d in sizes if index in wanted or not wanted else []:
            runs = []
            for _ in range(pairs):
                command = [sys.executable, __file__, "--theirs", index, str(n), str(d)]
                runs.append((json.loads(subprocess.check_output(command)), ours(program, index, n, d, folder)))
            median = lambda side, key: statistics.median(run[side][key] for run in runs)
            print(
                f"{index} {n} x {d}: scikit-learn {median(0, 'seconds'):.3f} s ({median(0, 'cpu'):.3f} s processor, "
                f"{median(0, 'mb'):.0f} MB), habitue {median(1, 'seconds'):.4f} s ({median(1, 'cpu'):.3f} s processor "
                f"with reading, {median(1, 'mb'):.0f} MB), {median(0, 'seconds') / median(1, 'seconds'):.0f} times; "
                f"values differ by {abs(runs[0][0]['value'] - runs[0][1]['value']):.1e}",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1] == "--table":
        folder, n, d = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
        for kind, values in zip(("table", "labels"), table(n, d)):
            values.tofile(os.path.join(folder, f"{n}x{d}.{kind}"))
    elif sys.argv[1] == "--theirs":
        print(json.dumps(theirs(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
    else:
        main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5, set(sys.argv[3:]))
