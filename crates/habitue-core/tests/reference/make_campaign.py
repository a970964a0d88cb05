#!/usr/bin/env python3
"""Writes campaign.json: control groups and money of campaigns, by scipy. Never run in CI.

    python3 crates/habitue-core/tests/reference/make_campaign.py

The least control group is found by trying one size after the other, the detectable uplift by root finding.
"""

import json
import math
import pathlib

from scipy.optimize import brentq
from scipy.stats import norm

SURE = norm.ppf(0.975) + norm.ppf(0.80)


def error(n, control, response, uplift):
    treated = min(response + uplift, 1.0)
    return math.sqrt(response * (1 - response) / control + treated * (1 - treated) / (n - control))


def plan(n, value, response, uplift, margin, discount):
    most = int(n * 0.2)
    if n < 100:
        control, detectable = 0, None
    else:
        sizes = (c for c in range(1, most + 1) if SURE * error(n, c, response, uplift) <= uplift)
        control = next(sizes, most)
        room = 1 - min(response, 0.999)
        excess = lambda u: SURE * error(n, control, response, u) - u  # noqa: E731
        detectable = room if excess(room) > 0 else brentq(excess, 1e-12, room, xtol=1e-14)
    written = n - control
    per_contact = value * (uplift * (margin - discount) - response * discount)
    return {
        "audience": n, "value": value, "response": response, "uplift": uplift, "margin": margin, "discount": discount,
        "control_group": control, "detectable_uplift": detectable,
        "extra_orders": written * uplift, "extra_revenue": written * uplift * value,
        "contribution": written * per_contact, "most_per_contact": max(per_contact, 0.0),
    }


CASES = [
    plan(n, value, response, uplift, margin, discount)
    for n in (60, 100, 418, 1031, 25_000, 400_000)
    for value, response, uplift, margin, discount in (
        (495.6, 0.93, 0.05, 0.4, 0.0), (28.25, 0.35, 0.02, 0.4, 0.1), (190.9, 0.08, 0.1, 0.25, 0.05), (75.0, 0.5, 0.03, 0.6, 0.2),
    )
]
(pathlib.Path(__file__).parent / "campaign.json").write_text(json.dumps(CASES, indent=1) + "\n", encoding="utf-8")
