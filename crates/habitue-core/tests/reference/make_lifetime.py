"""Makes lifetime.json: BG/NBD, MBG/NBD and Gamma-Gamma on made-up customers, by other means. Never run by the tests.

Parameters: scipy, on the likelihood written with gamma and beta functions, held against the package lifetimes.
Expected purchases and what they are worth: mpmath, by integrating over the customers' hidden rates, not by 2F1.
"""
import json

import lifetimes
import mpmath as mp
import numpy as np
import pandas as pd
import scipy
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

mp.mp.dps = 25
g = np.random.default_rng(11)
customers = []
for _ in range(400):
    T, rate, p, nu = int(g.integers(20, 700)), g.gamma(0.7, 1 / 25), g.beta(0.8, 2.5), g.gamma(4, 1 / 60)
    days, t = [], 0.0
    while True:
        t += g.exponential(1 / rate)
        if t > T:
            break
        days.append(max(1, int(t)))
        if g.random() < p:
            break
    days = sorted(set(days))
    mean = round(float(np.mean(g.gamma(5.0, 1 / nu, len(days)))), 2) if days else 0.0
    customers.append((len(days), days[-1] if days else 0, T, mean))
x, t, T, z = (np.array(c, float) for c in zip(*customers))


def bg(theta, extra):
    r, alpha, a, b = np.exp(theta)
    n = x + extra
    gone = np.where(n > 0, betaln(a + 1, b + np.maximum(n, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + t), -np.inf)
    alive = betaln(a, b + n) - betaln(a, b) - (r + x) * np.log(alpha + T)
    return -np.sum(gammaln(r + x) - gammaln(r) + r * np.log(alpha) + np.logaddexp(alive, gone))


def gg(theta, own):
    p, q, v = np.exp(theta)
    x, z = own
    return -np.sum(gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v) + (p * x - 1) * np.log(z)
                   + p * x * np.log(x) - (p * x + q) * np.log(v + x * z))


def fit(f, start, *args):
    best = minimize(f, start, args, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-11, "maxiter": 40000, "maxfev": 40000})
    best = minimize(f, best.x, args, method="Nelder-Mead", options={"xatol": 1e-11, "fatol": 1e-12, "maxiter": 40000, "maxfev": 40000})
    h, n = 1e-4, len(start)
    e = np.eye(n) * h
    hessian = [[(f(best.x + e[i] + e[j], *args) - f(best.x + e[i] - e[j], *args) - f(best.x - e[i] + e[j], *args)
                 + f(best.x - e[i] - e[j], *args)) / (4 * h * h) for j in range(n)] for i in range(n)]
    value = np.exp(best.x)
    return value, value * np.sqrt(np.diag(np.linalg.inv(hessian))), -best.fun


def near(found, package, tolerance=2e-3):
    assert np.allclose(found, package, rtol=tolerance), (found, package)


def purchases(model, extra, x, t, T, days):
    """E[purchases | alive], by integrating over the probability to drop out."""
    r, alpha, a, b = map(mp.mpf, model)
    m = b + x + extra
    bought = lambda p: -mp.expm1(-(r + x) * mp.log1p(p * days / (alpha + T))) / p
    # What nobody dropping out would give is taken out: the rest has no singularity at 0.
    most = (r + x) * days / (alpha + T)
    rest = lambda p: p ** (a - 1) * (1 - p) ** (m - 1) * (bought(p) - most)
    return most + mp.quad(rest, [0, 0.001, 0.05, 0.3, 0.7, 0.95, 1]) / mp.beta(a, m)


def alive(model, extra, x, t, T):
    r, alpha, a, b = map(mp.mpf, model)
    n = x + extra
    return 1 / (1 + (a / (b + n - 1) * ((alpha + T) / (alpha + t)) ** (r + x) if n else 0))


out = {
    "versions": {"lifetimes": lifetimes.__version__, "scipy": scipy.__version__, "mpmath": mp.__version__, "numpy": np.__version__},
    "customers": customers,
}
for name, extra, package in (("bg-nbd", 0, BetaGeoFitter), ("mbg-nbd", 1, ModifiedBetaGeoFitter)):
    value, error, likelihood = fit(bg, np.log([0.5, 10, 0.5, 2]), extra)
    near(value, package().fit(x, t, T).params_.values)
    out[name] = {"parameters": value.tolist(), "standard_errors": error.tolist(), "log_likelihood": likelihood}
bought = (x > 0) & (z > 0)
value, error, likelihood = fit(gg, np.log([2, 3, 50]), (x[bought], z[bought]))
near(value, GammaGammaFitter().fit(pd.Series(x[bought]), pd.Series(z[bought])).params_.values)
out["gamma-gamma"] = {
    "parameters": value.tolist(), "standard_errors": error.tolist(), "log_likelihood": likelihood,
    "correlation": float(np.corrcoef(np.log(x[bought]), np.log(z[bought]))[0, 1]),
}
cases = []
delta = mp.log(1.1) / 365
for model in ([0.243, 30.9, 0.793, 2.426], [0.8, 69.0, 0.0035, 6.7], [2.0, 12.0, 1.0, 1.4], [7.5, 40.0, 0.3, 1.9],
              [0.5, 20.0, 6.0, 9.0], [1.4, 9.7, 0.29, 410.0]):
    for extra in (0, 1):
        for x_, t_, T_ in ((0, 0, 0), (0, 0, 400), (2, 213, 272), (150, 300, 365), (3, 20, 600)):
            expected = purchases(model, extra, x_, t_, T_, 365)
            stays = alive(model, extra, x_, t_, T_)
            at, weights = np.polynomial.legendre.leggauss(16)
            nodes = zip(182.5 * (1 + at), 182.5 * weights)
            waiting = sum(w * mp.exp(-delta * s) * purchases(model, extra, x_, t_, T_, s) for s, w in nodes) \
                if model[0] < 0.6 and extra == 0 else None
            worth = None if waiting is None else float(stays * (mp.exp(-delta * 365) * expected + delta * waiting))
            cases.append({"parameters": model, "extra": extra, "pattern": [x_, t_, T_], "alive": float(stays),
                          "purchases": float(stays * expected), "discounted": worth})
out["forecasts"] = cases
with open(__file__.replace("make_lifetime.py", "lifetime.json"), "w") as f:
    json.dump(out, f, allow_nan=False, separators=(",", ":"))
    f.write("\n")
