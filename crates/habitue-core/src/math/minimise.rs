//! The minimum of a function of one variable.

/// Where a function is smallest between two bounds (Brent 1973, *Algorithms for Minimization without
/// Derivatives*, ch. 5).
///
/// Golden-section steps, replaced by the minimum of a parabola through the last three points where that is
/// safe.
/// For a function with one valley the answer is within about `tolerance` of the minimum; with several it is
/// one of them.
/// Never evaluates at the bounds; ends after 200 evaluations in any case.
///
/// ```
/// let x = habitue_core::math::minimise::bounded(|x| (x - 2.0) * (x - 2.0), -10.0, 10.0, 1e-9);
/// assert!((x - 2.0).abs() < 1e-8);
/// ```
pub fn bounded(mut f: impl FnMut(f64) -> f64, low: f64, high: f64, tolerance: f64) -> f64 {
    let golden = 0.5 * (3.0 - 5.0_f64.sqrt());
    let (mut a, mut b) = (low, high);
    let mut x = a + golden * (b - a);
    let (mut w, mut v) = (x, x);
    let mut fx = f(x);
    let (mut fw, mut fv) = (fx, fx);
    let (mut step, mut before_last) = (0.0_f64, 0.0_f64);
    for _ in 0..200 {
        let middle = 0.5 * (a + b);
        let tol = f64::EPSILON.sqrt() * x.abs() + tolerance / 3.0;
        if (x - middle).abs() <= 2.0 * tol - 0.5 * (b - a) {
            break;
        }
        let mut parabolic = false;
        if before_last.abs() > tol {
            let r = (x - w) * (fx - fv);
            let q = (x - v) * (fx - fw);
            let numerator = (x - v) * q - (x - w) * r;
            let denominator = 2.0 * (q - r);
            let (p, q) = (if denominator > 0.0 { -numerator } else { numerator }, denominator.abs());
            if p.abs() < (0.5 * q * before_last).abs() && p > q * (a - x) && p < q * (b - x) {
                before_last = step;
                step = p / q;
                let u = x + step;
                if u - a < 2.0 * tol || b - u < 2.0 * tol {
                    step = tol.copysign(middle - x);
                }
                parabolic = true;
            }
        }
        if !parabolic {
            before_last = if x < middle { b - x } else { a - x };
            step = golden * before_last;
        }
        let u = if step.abs() >= tol { x + step } else { x + tol.copysign(step) };
        let fu = f(u);
        if fu <= fx {
            if u < x {
                b = x
            } else {
                a = x
            }
            (v, fv, w, fw, x, fx) = (w, fw, x, fx, u, fu);
        } else {
            if u < x {
                a = u
            } else {
                b = u
            }
            if fu <= fw || w.total_cmp(&x).is_eq() {
                (v, fv, w, fw) = (w, fw, u, fu);
            } else if fu <= fv || v.total_cmp(&x).is_eq() || v.total_cmp(&w).is_eq() {
                (v, fv) = (u, fu);
            }
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_valley_is_found_even_near_a_bound() {
        assert!((bounded(|x| x * x.ln(), 1e-9, 3.0, 1e-10) - (-1.0_f64).exp()).abs() < 1e-7);
        assert!((bounded(|x| (x - 3.0).abs(), 0.0, 3.0, 1e-9) - 3.0).abs() < 1e-7);
        assert!((bounded(|x| (x - 1.0).powi(4), -50.0, 70.0, 1e-9) - 1.0).abs() < 1e-2);
    }

    #[test]
    fn few_evaluations_are_needed_on_a_smooth_function() {
        let mut evaluations = 0;
        let x = bounded(
            |x| {
                evaluations += 1;
                x.cosh() - 2.0 * x
            },
            -20.0,
            20.0,
            1e-9,
        );
        assert!((x - 2.0_f64.asinh()).abs() < 1e-7);
        assert!(evaluations < 40, "{evaluations}");
    }
}
