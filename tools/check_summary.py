#!/usr/bin/env python3
"""Holds results against the published schema, and fails if one differs.

    tools/check_summary.py SCHEMA summary.json...

Needs the package jsonschema.
"""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator


def main():
    schema, *summaries = (json.loads(pathlib.Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:])
    if not summaries:
        sys.exit(__doc__.strip())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    wrong = [(path, error) for path, summary in zip(sys.argv[2:], summaries) for error in validator.iter_errors(summary)]
    for path, error in wrong[:20]:
        print(f"FAILED {path}: {error.json_path}: {error.message[:300]}")
    print(f"{len(summaries)} held against the schema, {len(wrong)} differences")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
