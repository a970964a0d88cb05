//! One slope over many products and weeks, with an effect for each product and each week.

/// One observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Number of the product, `0..`.
    pub product: usize,
    /// Number of the week, `0..`.
    pub week: usize,
    /// What explains.
    pub x: f64,
    /// What is explained.
    pub y: f64,
}

/// A slope with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// The slope.
    pub value: f64,
    /// Its standard error, clustered by product.
    pub error: f64,
    /// The lower end of the 95 % interval, by Student's t with one degree of freedom fewer than products.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Products with observations.
    pub n_products: usize,
    /// The spread of x within products and weeks: its root mean square there.
    pub spread: f64,
}

/// Rounds of taking out means, at most.
const MOST_ROUNDS: usize = 10_000;
/// Means below this are zero.
const TOLERANCE: f64 = 1e-13;

/// The slope β of
/// ```text
/// y = β x + effect of the product + effect of the week + rest
/// ```
/// by least squares, from x and y with their means by product and by week taken out (Frisch & Waugh 1933).
///
/// Weeks and products do not fill a rectangle, so that the means of both are taken out in turns until none is left
/// (Guimarães & Portugal 2010). The variance allows for any dependence among the rests of one product (Liang & Zeger
/// 1986):
/// ```text
/// V = G/(G−1) · (n−1)/(n−K) · Σ_g (Σ_{i∈g} x̃ᵢ eᵢ)² ÷ (Σ x̃ᵢ²)²,   K = 1 + weeks
/// ```
/// with G products and n points; effects of products lie within the clusters and are not counted in K, as usual.
///
/// `None` where x does not vary within products and weeks, there are fewer than two products, or too few points.
/// Cost: n for each round; some tens of rounds.
pub fn slope(points: &[Point]) -> Option<Slope> {
    let n_products = points.iter().map(|p| p.product + 1).max()?;
    let n_weeks = points.iter().map(|p| p.week + 1).max()?;
    let sizes = |n: usize, of: &dyn Fn(&Point) -> usize| {
        let mut counts = vec![0.0; n];
        points.iter().for_each(|p| counts[of(p)] += 1.0);
        counts
    };
    let (by_product, by_week) = (sizes(n_products, &|p| p.product), sizes(n_weeks, &|p| p.week));
    let seen = |counts: &[f64]| counts.iter().filter(|c| **c > 0.0).count();
    let (groups, weeks, n) = (seen(&by_product), seen(&by_week), points.len());
    let parameters = 1 + weeks;
    if groups < 2 || n <= parameters {
        return None;
    }
    let within = |value: &dyn Fn(&Point) -> f64| {
        let mut values: Vec<f64> = points.iter().map(value).collect();
        for _ in 0..MOST_ROUNDS {
            let largest = centre(&mut values, points, &by_product, |p| p.product).max(centre(
                &mut values,
                points,
                &by_week,
                |p| p.week,
            ));
            if largest < TOLERANCE {
                break;
            }
        }
        values
    };
    let (x, y) = (within(&|p| p.x), within(&|p| p.y));
    let sum: f64 = x.iter().map(|x| x * x).sum();
    let spread = (sum / n as f64).sqrt();
    if spread < 1e-9 {
        return None;
    }
    let value = x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>() / sum;
    let mut scores = vec![0.0; n_products];
    for ((point, x), y) in points.iter().zip(&x).zip(&y) {
        scores[point.product] += x * (y - value * x);
    }
    let small = groups as f64 / (groups - 1) as f64 * (n - 1) as f64 / (n - parameters) as f64;
    let error = (small * scores.iter().map(|s| s * s).sum::<f64>()).sqrt() / sum;
    let reach = error * student_975(groups - 1);
    Some(Slope { value, error, low: value - reach, high: value + reach, n_products: groups, spread })
}

/// Takes the mean of each group out; returns the largest mean that was there.
fn centre(values: &mut [f64], points: &[Point], sizes: &[f64], group: impl Fn(&Point) -> usize) -> f64 {
    let mut means = vec![0.0; sizes.len()];
    points.iter().zip(&*values).for_each(|(p, v)| means[group(p)] += v);
    means.iter_mut().zip(sizes).filter(|(_, n)| **n > 0.0).for_each(|(mean, n)| *mean /= n);
    points.iter().zip(values).for_each(|(p, v)| *v -= means[group(p)]);
    means.iter().fold(0.0, |largest, mean| largest.max(mean.abs()))
}

/// The 97.5 % quantile of Student's t, by the expansion in 1/degrees of freedom (Abramowitz & Stegun 1964, 26.7.5).
///
/// Right to 0.001 from 5 degrees of freedom on.
fn student_975(freedom: usize) -> f64 {
    let (z, v) = (1.959_963_984_540_054_f64, freedom as f64);
    let z2 = z * z;
    z + z * (z2 + 1.0) / (4.0 * v)
        + z * (5.0 * z2 * z2 + 16.0 * z2 + 3.0) / (96.0 * v * v)
        + z * (3.0 * z2.powi(3) + 19.0 * z2 * z2 + 17.0 * z2 - 15.0) / (384.0 * v.powi(3))
        + z * (79.0 * z2.powi(4) + 776.0 * z2.powi(3) + 1482.0 * z2 * z2 - 1920.0 * z2 - 945.0)
            / (92_160.0 * v.powi(4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::Random;

    fn point(product: usize, week: usize, x: f64, y: f64) -> Point {
        Point { product, week, x, y }
    }

    #[test]
    fn effects_of_products_and_weeks_do_not_touch_the_slope() {
        let mut random = Random::stream(3, 0);
        let mut points = Vec::new();
        for product in 0..8 {
            for week in 0..10 {
                // A table with holes, products ten times as dear as others, and weeks in which everything sells.
                if (product + 2 * week) % 5 == 0 {
                    continue;
                }
                let x = product as f64 + random.uniform();
                points.push(point(
                    product,
                    week,
                    x,
                    -1.5 * x + 10.0 * product as f64 - 3.0 * (week % 3) as f64,
                ));
            }
        }
        let slope = slope(&points).unwrap();
        assert!((slope.value + 1.5).abs() < 1e-9 && slope.error < 1e-9, "{slope:?}");
        assert_eq!(slope.n_products, 8);
    }

    #[test]
    fn a_price_that_does_not_vary_has_no_slope() {
        let flat: Vec<Point> = (0..40).map(|i| point(i % 4, i / 4, (i % 4) as f64, i as f64)).collect();
        assert_eq!(slope(&flat), None);
        // All products dearer in the same weeks: the weeks explain it all.
        let together: Vec<Point> = (0..40).map(|i| point(i % 4, i / 4, (i / 4) as f64, i as f64)).collect();
        assert_eq!((slope(&together), slope(&[])), (None, None));
    }

    #[test]
    fn quantiles_of_students_t_are_those_of_tables() {
        for (freedom, expected) in [(5, 2.5706), (9, 2.2622), (29, 2.0452), (120, 1.9799)] {
            let found = student_975(freedom);
            assert!((found - expected).abs() < 1e-3, "{freedom}: {found}");
        }
    }
}
