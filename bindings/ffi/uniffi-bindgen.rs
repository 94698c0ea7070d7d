//! The `UniFFI` generator: reads the built library, writes Kotlin or Swift.
fn main() {
    uniffi::uniffi_bindgen_main();
}
