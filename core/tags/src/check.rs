//! The two check symbols: a shortened Reed–Solomon code over GF(32).
//!
//! The field is GF(2)\[x\]/(x⁵+x²+1), α = x. The generator is (x−α)(x−α²), so an \[18, 16\] codeword has
//! distance 3: any one or two altered symbols give a nonzero remainder. It only finds errors; it never
//! corrects one, because a corrected guess would be an identity nobody scanned (DESIGN §13 "Tag").

/// Data symbols in a codeword: 16 × 5 bits = 80 bits.
pub const DATA_SYMBOLS: usize = 16;
/// Check symbols in a codeword.
pub const CHECK_SYMBOLS: usize = 2;
/// All symbols of a codeword.
pub const SYMBOLS: usize = DATA_SYMBOLS + CHECK_SYMBOLS;

/// x⁵ + x² + 1, a primitive polynomial of degree 5.
const FIELD_POLYNOMIAL: u8 = 0b10_0101;

/// Coefficients of (x−α)(x−α²) below the leading one: x¹ has α+α² = 6, x⁰ has α³ = 8.
const GENERATOR: [u8; CHECK_SYMBOLS] = [6, 8];

/// The product of two field elements (each below 32).
const fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        b >>= 1;
        a <<= 1;
        if a & 0b10_0000 != 0 {
            a ^= FIELD_POLYNOMIAL;
        }
    }
    product
}

/// The check symbols of sixteen data symbols (each below 32, highest power first).
pub const fn check_symbols(data: &[u8; DATA_SYMBOLS]) -> [u8; CHECK_SYMBOLS] {
    let mut remainder = [0u8; CHECK_SYMBOLS];
    let mut i = 0;
    while i < DATA_SYMBOLS {
        let feedback = data[i] ^ remainder[0];
        remainder[0] = remainder[1] ^ multiply(feedback, GENERATOR[0]);
        remainder[1] = multiply(feedback, GENERATOR[1]);
        i += 1;
    }
    remainder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_generates_every_nonzero_element() {
        let mut seen = std::collections::BTreeSet::new();
        let mut power = 1;
        for _ in 0..31 {
            assert!(seen.insert(power), "α repeats before 31 steps");
            power = multiply(power, 2);
        }
        assert_eq!(power, 1);
    }

    #[test]
    fn the_generator_has_the_roots_alpha_and_alpha_squared() {
        for root in [2u8, 4] {
            let value = multiply(root, root) ^ multiply(GENERATOR[0], root) ^ GENERATOR[1];
            assert_eq!(value, 0, "root {root}");
        }
    }
}
