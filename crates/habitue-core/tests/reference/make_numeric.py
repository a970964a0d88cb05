"""Makes numeric.json: what scikit-learn computes on a small table that this script makes up. Never run by the tests."""
import json
import math

import numpy as np
import scipy
import sklearn
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, RobustScaler, StandardScaler

N = 60
# No random numbers: a quadratic residue makes a scrambled, repeatable order.
u = [((37 * i * i + 11 * i) % 61 + 0.5) / 61 for i in range(N)]
v = [((23 * i + 5) % 59 + 0.5) / 59 for i in range(N)]
columns = {
    "recency_days": [round(365 * a ** 1.5) for a in u],
    "orders": [1 + round(-4 * math.log(1 - b)) for b in v],
    "spend": [round(20 * math.exp(2.5 * a * b + b), 2) for a, b in zip(u, v)],
    "margin": [round(30 * (a - 0.3) ** 3 + b - 0.5, 3) for a, b in zip(v, u)],
}
x = np.array(list(columns.values()), float).T
z = StandardScaler().fit_transform(x)
# Labels that the tests can repeat: 2, 3 and 5 bands of the first scaled column, and every third row.
labels = {str(k): [min(int(a * k), k - 1) for a in u] for k in (2, 3, 5)}
labels["by row"] = [i % 3 for i in range(N)]


def of_labels(l):
    l = np.array(l)
    means = np.array([z[l == c].mean(axis=0) for c in range(l.max() + 1)])
    # Generalised Dunn index 43: nearest centroids over twice the greatest mean distance to a centroid.
    apart = min(np.linalg.norm(a - b) for i, a in enumerate(means) for b in means[:i])
    wide = max(np.linalg.norm(z[l == c] - means[c], axis=1).mean() for c in range(l.max() + 1))
    return {
        "labels": l.tolist(),
        "silhouette": metrics.silhouette_score(z, l),
        "silhouette_samples": metrics.silhouette_samples(z, l).tolist(),
        "calinski_harabasz": metrics.calinski_harabasz_score(z, l),
        "davies_bouldin": metrics.davies_bouldin_score(z, l),
        "inertia": float(((z - means[l]) ** 2).sum()),
        "dunn": float(apart / (2 * wide)),
        "squared_silhouette": metrics.silhouette_score(z, l, metric="sqeuclidean"),
        "adjusted_rand_to_3": metrics.adjusted_rand_score(labels["3"], l),
        "adjusted_mutual_information_to_3": metrics.adjusted_mutual_info_score(labels["3"], l),
        "adjusted_mutual_information_to_3_max": metrics.adjusted_mutual_info_score(labels["3"], l, average_method="max"),
        "homogeneity_completeness_v_to_3": metrics.homogeneity_completeness_v_measure(labels["3"], l, beta=0.5),
    }


power = PowerTransformer("yeo-johnson")
out = {
    "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
    "columns": columns,
    "skewness": [float(s) for s in (z ** 3).mean(axis=0)],
    "standard": StandardScaler().fit_transform(x).tolist(),
    "robust": RobustScaler().fit_transform(x).tolist(),
    "min-max": MinMaxScaler().fit_transform(x).tolist(),
    "yeo-johnson": power.fit_transform(x).tolist(),
    "yeo-johnson lambdas": power.lambdas_.tolist(),
    "log1p standard": StandardScaler().fit_transform(np.log1p(x[:, :3])).tolist(),
    "indices of z-scores": [of_labels(l) for l in labels.values()],
    "k-means inertia of z-scores": {
        str(k): KMeans(k, n_init=200, tol=0, random_state=0).fit(z).inertia_ for k in range(1, 9)
    },
}
with open(__file__.replace("make_numeric.py", "numeric.json"), "w") as f:
    json.dump(out, f, indent=None, separators=(",", ":"))
    f.write("\n")
