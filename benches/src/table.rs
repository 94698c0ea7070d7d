//! Samples of two sides and what is said of them.

use std::fmt;

/// Samples of one figure, in the order they were taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(pub Vec<f64>);

impl Samples {
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The value below which this share of the samples lies.
    pub fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of a short list"
        )]
        #[expect(clippy::cast_precision_loss, reason = "an index of a short list")]
        let index = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
        sorted.get(index).copied().unwrap_or(f64::NAN)
    }

    pub fn median(&self) -> f64 {
        self.at(0.5)
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} – {})", short(self.median()), short(self.at(0.0)), short(self.at(1.0)))
    }
}

/// Three significant digits.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Prints one figure of one side: median and range.
pub(crate) fn say(side: &str, figure: &str, samples: &Samples) {
    println!("{side:<34} {figure:<34} {samples}  n={}", samples.0.len());
}

/// Prints how two sides stand to each other: the median of the rounds' own ratios, so that a slow minute of the
/// machine meets both.
pub(crate) fn ratio(figure: &str, ours: &Samples, peer: &Samples, gate: &str) {
    let ratios = Samples(ours.0.iter().zip(&peer.0).map(|(ours, peer)| ours / peer).collect());
    println!("{:<34} {figure:<34} {ratios}  gate: {gate}", "ratio");
}
