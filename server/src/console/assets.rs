//! The files a page needs, in the binary.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// One file.
#[derive(Debug)]
pub struct Asset {
    /// Its name under `/assets/`.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub body: &'static [u8],
}

/// Every file, served under `/assets/{name}`. The addresses pages use carry a hash, so a reply may be kept for a year.
pub const ASSETS: &[Asset] = &[
    Asset {
        name: "tokens.css",
        media_type: "text/css; charset=utf-8",
        body: include_bytes!("../../assets/tokens.css"),
    },
    Asset {
        name: "console.css",
        media_type: "text/css; charset=utf-8",
        body: include_bytes!("../../assets/console.css"),
    },
    Asset {
        name: "order.css",
        media_type: "text/css; charset=utf-8",
        body: include_bytes!("../../assets/order.css"),
    },
    Asset {
        name: "console.js",
        media_type: "text/javascript; charset=utf-8",
        body: include_bytes!("../../assets/console.js"),
    },
    Asset { name: "mark.svg", media_type: "image/svg+xml", body: include_bytes!("../../assets/mark.svg") },
];

/// The file of a name.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The address of a file as pages link it.
pub(super) fn address(name: &str) -> String {
    asset(name).map_or_else(|| format!("/assets/{name}"), Asset::address)
}

static HASHES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let short = |asset: &Asset| {
        let hash = Sha256::digest(asset.body);
        let first = hash.iter().take(6).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{first:012x}")
    };
    ASSETS.iter().map(short).collect()
});

impl Asset {
    /// `/assets/console.css?v=…`; changes when the file does.
    pub fn address(&self) -> String {
        let at = ASSETS.iter().position(|asset| asset.name == self.name);
        let hash = at.and_then(|at| HASHES.get(at)).map_or("", String::as_str);
        format!("/assets/{}?v={hash}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_changes_with_the_file() {
        let css = asset("console.css").expect("it is in the list").address();
        let js = asset("console.js").expect("it is in the list").address();
        assert!(
            css.starts_with("/assets/console.css?v=") && css.len() == "/assets/console.css?v=".len() + 12
        );
        assert_ne!(css.split("v=").nth(1), js.split("v=").nth(1));
    }

    #[test]
    fn a_name_outside_the_list_is_nothing() {
        assert!(asset("../Cargo.toml").is_none());
    }
}
