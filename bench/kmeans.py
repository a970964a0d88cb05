"""k-means against scikit-learn, scikit-learn-intelex, faiss, mlpack and ONNX Runtime, on the same rows, from the same starts.

    pip install -r bench/requirements-kmeans.txt
    python3 bench/kmeans.py [--data DIR] [--pairs 5] [--jobs lloyd,sweep,assign] [--sizes 100000,1000000]

Each pair runs habitue, then each peer, in processes that live through all pairs; medians of wall and processor time and the objective of each are printed.
Reading is outside the time; building trees and summaries is inside. All peers run to convergence (tolerance 0), except
in the sweep, where scikit-learn runs as it comes, and mlpack, which ends when centres move by less than 1e-5. With
--data, DIR holds NAME.npy (doubles, rows x columns), and starting centres in NAME_init_kK.npy if there are any
(NAME without its ending _f64). Peers that are not installed are left out.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "release/examples/time_kmeans")


def customers(n, d, seed=1):
    """Skewed, correlated features of customers: logarithms, brought to mean 0 and deviation 1."""
    g = np.random.Generator(np.random.PCG64(seed))
    tenure = np.floor(730 * g.beta(1.1, 1.3, n)) + 1
    rate = g.gamma(0.55, 1 / 18, n)
    orders = 1 + g.poisson(rate * tenure * g.random(n))
    recency = np.floor(tenure * g.random(n) ** np.sqrt(orders))
    basket = 14 * 6 / np.maximum(g.gamma(3.5, 1, n), 0.05)
    spend = np.round(orders * basket * np.exp(0.35 * g.standard_normal(n) / np.sqrt(orders)), 2)
    items = orders + g.poisson(orders * g.gamma(1.2, 1.2, n))
    kinds = 1 + g.binomial(23, 1 - (1 - g.beta(0.8, 6, n)) ** np.minimum(items - 1, 400))
    gap = np.round(np.where(orders > 1, (tenure - recency) / np.maximum(orders - 1, 1), tenure), 1)
    x = np.log1p(np.column_stack([recency, orders, spend, tenure, spend / orders, kinds, items, gap])[:, :d])
    return np.ascontiguousarray((x - x.mean(0)) / x.std(0))


def starts(x, k, seed):
    g = np.random.Generator(np.random.PCG64(seed))
    s = x[g.choice(len(x), min(20_000, len(x)), replace=False)]
    centres = [s[g.integers(len(s))]]
    distance = ((s - centres[0]) ** 2).sum(1)
    while len(centres) < k:
        centres.append(s[g.choice(len(s), p=distance / distance.sum())])
        distance = np.minimum(distance, ((s - centres[-1]) ** 2).sum(1))
    return np.array(centres)


class Habitue:
    """A process that does a job each time it is asked, as this one has the peers do: all of them live through all pairs."""

    def __init__(self, *arguments):
        # NumPy asks the system for large pages for the rows of the peers; ours are to lie in such pages too.
        pages = dict(os.environ, GLIBC_TUNABLES="glibc.malloc.hugetlb=1")
        command = [PROGRAM, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=pages)
        self.is_first = True

    def run(self):
        if not self.is_first:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        self.is_first = False
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self.process.args)} ended with {self.process.wait()}")
        out = json.loads(line)
        return out["seconds"], out["cpu_seconds"], out["inertia"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()


def timed(work):
    """Seconds of both clocks, and the objective; a peer that gives centres only has it worked out afterwards."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return wall, processor, found() if callable(found) else found


def inertia(x, centres):
    total = 0.0
    for at in range(0, len(x), 100_000):
        rows = x[at:at + 100_000]
        total += min_squared(rows, centres).sum()
    return [float(total)]


def min_squared(rows, centres):
    least = ((rows - centres[0]) ** 2).sum(1)
    for centre in centres[1:]:
        np.minimum(least, ((rows - centre) ** 2).sum(1), out=least)
    return least


def in_onnx(centres, threads):
    """The nearest centre as a model that ONNX Runtime serves: |c|² − 2 x·c, and the least of them."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    c = centres.astype(np.float32)
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["scores"]),
             helper.make_node("ArgMin", ["scores"], ["label"], axis=1, keepdims=0)]
    graph = helper.make_graph(
        nodes, "kmeans",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, c.shape[1]])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, [None])],
        [numpy_helper.from_array(np.ascontiguousarray(-2 * c.T), "w"), numpy_helper.from_array((c * c).sum(1), "b")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    onnx.checker.check_model(model)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def peers(job, x, k, start):
    """The peers that are installed, each as a function that returns its inertias."""
    found = {}

    def fit(module):
        if job == "lloyd":
            return [module.KMeans(k, init=start, n_init=1, tol=0, max_iter=100_000).fit(x).inertia_]
        if job == "sweep":
            return [module.KMeans(k, n_init=10, random_state=0).fit(x).inertia_ for k in range(2, 13)]
        model.predict(x)
        return []

    import sklearn.cluster as plain
    model = plain.KMeans(k, init=start, n_init=1, max_iter=1).fit(x[:100_000]) if job == "assign" else None
    found["scikit-learn"] = lambda: fit(plain)
    try:
        from sklearnex import cluster as intelex
        if job == "assign":
            served = intelex.KMeans(k, init=start, n_init=1, max_iter=1).fit(x[:100_000])
            found["scikit-learn-intelex"] = lambda: served.predict(x)[:0]
        else:
            found["scikit-learn-intelex"] = lambda: fit(intelex)
    except ImportError:
        pass
    if job == "assign":
        try:
            session = in_onnx(start, os.cpu_count())
            x32 = x.astype(np.float32)
            found["ONNX Runtime (float32)"] = lambda: session.run(None, {"x": x32})[0][:0]
        except ImportError:
            pass
    try:
        import mlpack

        def by_mlpack(algorithm):
            of = mlpack.kmeans(input_=x, clusters=k, initial_centroids=start, algorithm=algorithm,
                               max_iterations=100_000, labels_only=True)
            return lambda: inertia(x, np.asarray(of["centroid"]))

        if job == "lloyd":
            for algorithm in ("naive", "pelleg-moore"):
                found[f"mlpack ({algorithm})"] = lambda algorithm=algorithm: by_mlpack(algorithm)
    except ImportError:
        pass
    try:
        import faiss

        def by_faiss(n_iterations=300):
            x32 = x.astype(np.float32)
            kmeans = faiss.Kmeans(x.shape[1], k, niter=n_iterations, max_points_per_centroid=len(x))
            kmeans.train(x32, init_centroids=start.astype(np.float32))
            return [float(kmeans.obj[-1])]

        if job == "lloyd":
            found["faiss (300 iterations)"] = by_faiss
    except ImportError:
        pass
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--jobs", default="lloyd,sweep,assign")
    parser.add_argument("--sizes", default="100000,1000000")
    parser.add_argument("--only", default="", help="tables whose name has this in it")
    parser.add_argument("--without", default="", help="peers to leave out, by the beginning of their names")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "-p", "habitue-core", "--example", "time_kmeans"], check=True, cwd=ROOT)
    if options.data:
        names = sorted(f for f in os.listdir(options.data) if f.endswith(".npy"))
        names = [f for f in names if "_init_" not in f and "_f32" not in f and options.only in f]
        tables = ((name[:-4], np.load(os.path.join(options.data, name)).astype(np.float64)) for name in names)
    else:
        sizes = map(int, options.sizes.split(","))
        tables = ((f"customers {n} x {d}", customers(n, d)) for n in sizes for d in (4, 8))
    print("| rows | job | program | wall s | ratio | processor s | ratio | inertia |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        rows, centres = os.path.join(folder, "rows"), os.path.join(folder, "centres")
        for name, x in tables:
            x.tofile(rows)
            for job in options.jobs.split(","):
                for k in (8,) if job != "lloyd" else (64,) if x.shape[1] > 16 else (8, 20) if len(x) < 5_000_000 else (8,):
                    given = os.path.join(options.data or "", f"{name.removesuffix('_f64')}_init_k{k}.npy")
                    start = np.load(given) if os.path.exists(given) else starts(x, k, 7 * k + 1)
                    start.tofile(centres)
                    last = {"lloyd": [centres], "sweep": [2, 12], "assign": [centres]}[job]
                    runs = {"habitue": []}
                    left_out = tuple(filter(None, options.without.split(",")))
                    others = {p: w for p, w in peers(job, x, k, start).items() if not left_out or not p.startswith(left_out)}
                    with Habitue(job, rows, x.shape[1], *last) as ours:
                        for _ in range(options.pairs):
                            runs["habitue"].append(ours.run())
                            for peer, work in others.items():
                                runs.setdefault(peer, []).append(timed(work))
                    median = {p: [statistics.median(r[i] for r in of) for i in (0, 1)] for p, of in runs.items()}
                    for program, of in runs.items():
                        wall, processor = median[program]
                        ratio = processor / median["habitue"][1]
                        spread = f"{min(r[0] for r in of):.3f} to {max(r[0] for r in of):.3f}"
                        objective = ", ".join(f"{v:.10g}" for v in of[-1][2])
                        label = f"{job} k={k}" if job != "sweep" else "sweep k=2..12"
                        print(f"| {name} | {label} | {program} | {wall:.3f} ({spread}) | {wall / median['habitue'][0]:.1f} | {processor:.3f} | {ratio:.1f} | {objective} |", flush=True)


if __name__ == "__main__":
    main()
