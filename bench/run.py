#!/usr/bin/env python3
"""Measures `habitue` against DuckDB and Polars on the same files: python3 bench/run.py [--lines N] [--rounds N]

Every measurement is a whole process, from its start to its end, in rounds of one program after the other.
Wall time, processor time and peak memory are what the system says of the process; medians are shown with the
least and the greatest. All programs must come to the same customers, orders and spend.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from importlib import metadata, util
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = HERE / "data"
PACKAGES = ("duckdb", "polars", "pyarrow")
SAMPLE = ROOT / "data" / "online_retail.parquet"

# Bars on the median wall time.
PARQUET_BAR = 1.0
CSV_BAR = 1.5
SAMPLE_SECONDS = 2.0


def main():
    options = parse()
    ensure_packages()
    habitue = options.habitue or build()
    results = DATA / "results"
    results.mkdir(parents=True, exist_ok=True)
    describe(habitue, options)
    rows, figures = [], {}
    for ending in ("parquet", "csv"):
        orders = generate(habitue, options.lines, ending)
        programs = {
            "habitue fold": [habitue, "fold", orders, "--quiet", "--force", "-o"],
            "habitue features": [habitue, "features", orders, "--features", "all", "--quiet", "--force", "-o"],
            "DuckDB": [sys.executable, HERE / "peer_duckdb.py", orders],
            "Polars": [sys.executable, HERE / "peer_polars.py", orders],
        }
        outputs = {name: results / f"{name.replace(' ', '_')}_{ending}.parquet" for name in programs}
        runs = rounds(options.rounds, {name: [*programs[name], outputs[name]] for name in programs}, [orders])
        found = check(orders, outputs)
        for name, measured in runs.items():
            figures[ending, name] = measured
            rows.append(table_row(f"{options.lines:,} lines, {ending}", name, measured, found[name]))
    segment = [habitue, "segment", SAMPLE, "--quiet", "--force", "-o", results / "sample"]
    sample = rounds(options.rounds, {"habitue segment": segment}, [SAMPLE])["habitue segment"]
    rows.append(table_row("online_retail.parquet", "habitue segment", sample, None))
    print("| input | program | wall s | processor s | peak MB | customers | orders | spend |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows), "\n", sep="")
    met = [print_bar(*bar) for bar in bars(figures, sample)]
    sys.exit(0 if all(met) else 1)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000, help="lines of orders (default: 10,000,000)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each program (default: 5)")
    parser.add_argument("--habitue", help="a built program to measure, in place of building one")
    return parser.parse_args()


def ensure_packages():
    """Goes on in an environment of its own when the peers are not installed."""
    if all(util.find_spec(name) for name in PACKAGES):
        return
    venv = HERE / ".venv"
    python = venv / "bin" / "python"
    if Path(sys.prefix) == venv:
        sys.exit(f"{venv} lacks {', '.join(PACKAGES)}: remove it and run again")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    wanted = HERE / "requirements.txt"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", wanted], check=True)
    os.execv(python, [str(python), *sys.argv])


def build():
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    answer = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
    )
    return str(Path(json.loads(answer.stdout)["target_directory"]) / "release" / "habitue")


def describe(habitue, options):
    cpu = next((l.split(":")[1].strip() for l in lines_of("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    memory = next((int(l.split()[1]) >> 20 for l in lines_of("/proc/meminfo") if l.startswith("MemTotal")), 0)
    own = subprocess.run([habitue, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    peers = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES[:2])
    print(f"{cpu}, {os.cpu_count()} cores, {memory} GB; {platform.platform()}; load {os.getloadavg()[0]:.1f}")
    print(f"{own}, {peers}, Python {platform.python_version()}; {options.rounds} rounds\n")


def lines_of(path):
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def generate(habitue, lines, ending):
    orders = DATA / f"orders_{lines}.{ending}"
    if not orders.exists():
        command = [habitue, "generate", "--lines", str(lines), "--seed", "1", "--quiet", "-o", orders]
        subprocess.run(command, check=True)
    return orders


def rounds(n, commands, inputs):
    """Runs all commands in turn, n times over; the inputs are in the system's memory from the start.

    What a command wrote the time before is removed first: letting go of a file is no part of making one.
    """
    for path in inputs:
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
    runs = {name: [] for name in commands}
    for number in range(n):
        for name, command in commands.items():
            print(f"\rround {number + 1} of {n}: {name:20}", end="", file=sys.stderr, flush=True)
            remove(command[-1])
            runs[name].append(measure([str(part) for part in command]))
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return runs


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def measure(command):
    """Wall seconds, processor seconds and peak megabytes of one process."""
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ)
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def check(orders, outputs):
    """What every program came to; refuses results that differ. In a process of its own, to keep this one small."""
    command = [sys.executable, str(HERE / "check.py"), str(orders), json.dumps({k: str(v) for k, v in outputs.items()})]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"results differ on {orders.name}:\n{answer.stdout}{answer.stderr}")
    return json.loads(answer.stdout)


def table_row(source, name, measured, found):
    def spread(column, digits):
        values = [m[column] for m in measured]
        return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"

    cells = [source, name, spread(0, 2), spread(1, 2), f"{statistics.median(m[2] for m in measured):.0f}"]
    cells += [f"{found['customers']:,}", f"{found['orders']:,}", f"{found['spend']:,.2f}"] if found else ["", "", ""]
    return f"| {' | '.join(cells)} |"


def median(measured, column=0):
    return statistics.median(m[column] for m in measured)


def bars(figures, sample):
    for ending, bar in (("parquet", PARQUET_BAR), ("csv", CSV_BAR)):
        peers = {name: figures[ending, name] for name in ("DuckDB", "Polars")}
        best = min(peers, key=lambda name: median(peers[name]))
        for name in ("habitue fold", "habitue features"):
            own = figures[ending, name]
            wall = median(peers[best]) / median(own)
            cpu = median(peers[best], 1) / median(own, 1)
            text = f"{name}, {ending}: {wall:.2f} times as fast as {best} (processor time {cpu:.2f}; bar {bar})"
            yield text, wall >= bar
            memory, theirs = median(own, 2), median(peers["DuckDB"], 2)
            yield f"{name}, {ending}: peak {memory:.0f} MB, DuckDB {theirs:.0f} MB", memory < theirs
    seconds = median(sample)
    yield f"habitue segment on the sample: {seconds:.2f} s (bar {SAMPLE_SECONDS})", seconds < SAMPLE_SECONDS


def print_bar(text, met):
    print(f"- {'met' if met else 'NOT MET'}: {text}")
    return met


if __name__ == "__main__":
    main()
