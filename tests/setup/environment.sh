# What every suite may rely on: sourced by tests/run, once for itself and once in each suite.

export CARGO_TERM_COLOR=never
# Where cargo, Maven and SwiftPM build, and what is made once and kept outside the clone.
rounds_target=${CARGO_TARGET_DIR:-$repo/target}
mkdir -p "$rounds_target"
rounds_target=$(cd "$rounds_target" && pwd -P)
export CARGO_TARGET_DIR=$rounds_target
rounds_cache=${ROUNDS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rounds}

# One set of flags in every suite, so that each crate is compiled once. The generator of the bindings is a feature of
# rounds-ffi, switched on throughout for the same reason.
workspace=(--release --locked --workspace --features rounds-ffi/bindgen)
# Tests that start `rounds` as a process have cargo build it first, with the flags of the build suite: nothing is
# compiled twice.
export ROUNDS_CARGO_FLAGS="${workspace[*]} --all-targets"

# Where the system's OpenSSL can be linked it is; compiling our own copy takes minutes.
if [ -e /usr/include/openssl/ssl.h ]; then export OPENSSL_NO_VENDOR=1; fi

# skip REASON: ends the suite as skipped.
skip() {
  because "$@"
  exit 77
}

# because TEXT: what stands at the end of the suite's line.
because() {
  echo "$*"
  [ -z "${ROUNDS_REASON_FILE-}" ] || echo "$*" >"$ROUNDS_REASON_FILE"
}

# need_rust: cargo, a C compiler, and OpenSSL's headers where they can be had.
need_rust() {
  command -v cargo >/dev/null || skip "needs Rust 1.95 or newer (https://rustup.rs)"
  if ! command -v cc >/dev/null; then need_debian gcc libc6-dev; fi
  if [ -z "${OPENSSL_NO_VENDOR-}" ]; then
    if install_debian libssl-dev pkg-config; then
      export OPENSSL_NO_VENDOR=1
    else
      echo "no libssl-dev: OpenSSL is compiled too"
      need_debian make perl
    fi
  fi
}

# need_library: the FFI library and the generator, built with the workspace.
need_library() {
  need_rust
  cargo build "${workspace[@]}" --all-targets
  library=$rounds_target/release/librounds_ffi.so
}
