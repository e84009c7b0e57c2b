//! Bigints, which may have any number of words, as numbers of this machine.

/// The words that are looked at: one more than those of the largest `f64`.
pub(crate) const WORDS: usize = 17;

/// An integer that a bigint is nearest to. `words` is its magnitude, the lowest first, without zeros at the end.
pub(crate) fn to_i128(negative: bool, words: &[u64]) -> i128 {
    let magnitude = match *words {
        [] => 0,
        [low] => u128::from(low),
        [low, high] => u128::from(high) << 64 | u128::from(low),
        _ => u128::MAX,
    };
    // The magnitude of the least is one more than that of the largest.
    match (i128::try_from(magnitude), negative) {
        (Ok(number), false) => number,
        (Ok(number), true) => -number,
        (Err(_), false) => i128::MAX,
        (Err(_), true) => i128::MIN,
    }
}

/// What `Number(bigint)` gives: the nearest, the even one of two, and an infinity beyond the largest.
pub(crate) fn to_f64(negative: bool, words: &[u64]) -> f64 {
    // Rounding happens once, when the 128 bits at the top are converted. The leading word may have only one bit set, so
    // they hold 65 significant bits at least, which is more than the 53 and the one below. Of what is below them only
    // matters whether there is anything: it decides ties.
    let (top, rest) = match words {
        [] => return 0.0,
        [low] => (u128::from(*low), &[][..]),
        [rest @ .., second, first] => (u128::from(*first) << 64 | u128::from(*second), rest),
    };
    let sticky = u128::from(rest.iter().any(|&word| word != 0));
    // A cast to the nearest, which is what is wanted.
    #[allow(clippy::cast_precision_loss)]
    let mut number = (top | sticky) as f64;
    for _ in rest {
        // A power of two: exact, or infinite.
        number *= 18_446_744_073_709_551_616.0;
    }
    if negative { -number } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_saturate() {
        assert_eq!(to_i128(false, &[]), 0);
        assert_eq!(to_i128(true, &[7]), -7);
        assert_eq!(to_i128(false, &[u64::MAX]), u64::MAX.into());
        assert_eq!(to_i128(true, &[1, 2]), -(2 << 64) - 1);
        assert_eq!(to_i128(false, &[u64::MAX, u64::MAX >> 1]), i128::MAX);
        assert_eq!(to_i128(false, &[0, 1 << 63]), i128::MAX);
        assert_eq!(to_i128(true, &[0, 1 << 63]), i128::MIN);
        assert_eq!(to_i128(true, &[0, 0, 1]), i128::MIN);
        assert_eq!(to_i128(false, &[0, 0, 1]), i128::MAX);
    }

    #[test]
    fn floats_are_the_nearest() {
        assert_eq!(to_f64(false, &[]), 0.0);
        assert_eq!(to_f64(true, &[3]), -3.0);
        // 2^53 + 1 is a tie that goes to the even one; with anything below, up.
        assert_eq!(to_f64(false, &[(1 << 53) + 1]), 9_007_199_254_740_992.0);
        let tie = [1 << 11, 1 << 0];
        assert_eq!(to_f64(false, &tie), 18_446_744_073_709_551_616.0);
        assert_eq!(to_f64(false, &[tie[0] + 1, tie[1]]), 18_446_744_073_709_555_712.0);
        // The same with one word more, where only the lowest bit of all breaks the tie.
        assert_eq!(to_f64(false, &[0, 1 << 11, 1]), 2_f64.powi(128));
        assert_eq!(to_f64(false, &[1, 1 << 11, 1]), 2_f64.powi(128) * (1.0 + f64::EPSILON));
    }

    #[test]
    fn what_is_too_large_is_infinite() {
        let mut largest = [0; 16];
        largest[15] = !0 << 11;
        assert_eq!(to_f64(false, &largest), f64::MAX);
        largest[15] = u64::MAX;
        assert_eq!(to_f64(true, &largest), f64::NEG_INFINITY);
        assert_eq!(to_f64(false, &[1; 17]), f64::INFINITY);
    }
}
