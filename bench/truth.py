#!/usr/bin/env python3
"""How well the default segments tell later customers apart, over several cut-offs and data sets.

For each data set and cut-off, orders are segmented as of the cut-off and checked against the 90 days after it, beside the
RFM grid, quantiles of past spend, and groups dealt out by lot (`habitue segment --backtest 90d`).

    python3 bench/truth.py --program target/release/habitue online_retail=data/online_retail.parquet [name=FILE …] [-- flags]

Prints a line a cut-off and, for each data set, the means: the share of the variance of log(1 + later spend) between groups,
and the Gini coefficient of group means. Only habitue is run; the definitions are those of its backtest.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

DAYS = 90


def run(program, path, flags, folder):
    command = [program, "segment", path, "-o", folder, "--force", "--quiet", *flags]
    subprocess.run(command, check=True)
    return json.loads((pathlib.Path(folder) / "summary.json").read_text())


def cutoffs(first, last, n):
    """As-of dates whose later period lies in the data, the latest first, a month apart."""
    end = datetime.date.fromisoformat(last) + datetime.timedelta(days=1)
    earliest = datetime.date.fromisoformat(first) + datetime.timedelta(days=3 * DAYS)
    dates = [end - datetime.timedelta(days=30 * step) for step in range(n)]
    return [d for d in dates if d >= earliest]


def main():
    flags = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    own = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/habitue")
    parser.add_argument("--cutoffs", type=int, default=4)
    parser.add_argument("data", nargs="+", metavar="NAME=FILE")
    args = parser.parse_args(own)
    for name, path in (item.split("=", 1) for item in args.data):
        with tempfile.TemporaryDirectory() as folder:
            whole = run(args.program, path, [*flags, "--backtest", "off"], folder)["input"]
            rows = []
            for date in cutoffs(whole["first_day"], whole["last_day"], args.cutoffs):
                note = run(args.program, path, [*flags, "--as-of", str(date), "--backtest", f"{DAYS}d"], folder)["backtest"]
                if note.get("refused"):
                    print(f"{name} {date}: {note['refused']}")
                    continue
                ways = {g["key"]: g for g in note["groupings"]}
                rows.append(ways)
                cells = [
                    f"{key} {w['groups']:2} {w['explained']['value']:.3f} {w['gini']['value']:.3f}" for key, w in ways.items()
                ]
                print(f"{name} formed {note['formed']} customers {note['customers']:6} | " + " | ".join(cells), flush=True)
            for key in rows[0] if rows else []:
                explained = statistics.mean(r[key]["explained"]["value"] for r in rows)
                gini = statistics.mean(r[key]["gini"]["value"] for r in rows)
                print(f"{name} mean of {len(rows)}: {key:16} explained {explained:.4f} gini {gini:.4f}")


if __name__ == "__main__":
    main()
