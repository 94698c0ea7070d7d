# Swift on Linux: sourced by the suites `swift` and `roundskit`.
#
# Debian 12 has no Swift; Debian 13 (trixie) has. So the Swift packages are built inside a small trixie root
# that is made once, outside the clone, and kept. A library built on Debian 12 loads there: its libc is newer.

swift_packages=swiftlang,libc6-dev,libstdc++-14-dev,gcc,ca-certificates,libssl3t64
# The name changes with what is inside, so that an older root is never taken for this one.
swift_root="$rounds_cache/swift-root-trixie-$(printf %s "$swift_packages" | sha256sum | cut -c1-8)"

# need_swift_root: makes the root when it is missing, or ends the suite as skipped.
need_swift_root() {
  [ "$(id -u)" -eq 0 ] || skip "needs root: Swift runs inside a Debian 13 root ($swift_root)"
  [ -d "$swift_root" ] && return 0
  need_debian debootstrap debian-archive-keyring
  mkdir -p "$rounds_cache"
  # One builder at a time; whoever waited finds it ready. Complete or absent: it is renamed into place at the end.
  exec 9>"$swift_root.lock"
  flock 9
  [ -d "$swift_root" ] && return 0
  local half
  half=$(mktemp -d "$swift_root.half.XXXXXX")
  chmod 755 "$half"
  if ! debootstrap --variant=minbase --include="$swift_packages" trixie "$half" \
      "${ROUNDS_DEBIAN_MIRROR:-http://deb.debian.org/debian}"; then
    tail -n 20 "$half/debootstrap/debootstrap.log" 2>/dev/null
    rm -rf "$half"
    skip "could not make the Debian 13 root with Swift (see the log above)"
  fi
  rm -rf "$half"/var/cache/apt/archives/*.deb
  mv -T "$half" "$swift_root"
  exec 9>&-
}

# in_swift_root DIRECTORY COMMAND…: runs the command inside the root, in DIRECTORY of the clone.
#
# The clone is seen there read-only at its own path, SwiftPM's build directory ($swift_build) read-write.
# The mounts live in a namespace of their own and are gone when the command ends, however it ends.
in_swift_root() {
  local directory=$1
  shift
  mkdir -p "$swift_build" "$rounds_target" "$swift_root$repo" "$swift_root$rounds_target" "$swift_root/build"
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --propagation private bash -euc '
    root=$1 repo=$2 target=$3 build=$4 directory=$5
    shift 5
    mount -t proc proc "$root/proc"
    mount --bind "$repo" "$root$repo"
    mount -o remount,bind,ro "$root$repo"
    case "$target/" in "$repo/"*) ;; *) mount --bind "$target" "$root$target" ;; esac
    mount --bind "$build" "$root/build"
    for device in null zero random urandom; do
      [ -e "$root/dev/$device" ] || : >"$root/dev/$device"
      mount --bind "/dev/$device" "$root/dev/$device"
    done
    exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin LANG=C.UTF-8 \
      ${SWIFT_ENV:-} sh -euc "cd \"\$1\"; shift; exec \"\$@\"" sh "$directory" "$@"
  ' bash "$swift_root" "$repo" "$rounds_target" "$swift_build" "$directory" "$@"
}

# swift_test PACKAGE: builds and tests the package (a folder of the clone) inside the root.
swift_test() {
  swift_build=$rounds_target/swift/$(basename "$1")
  # The library was linked outside the root: what it needs of libssl and libc is looked up when it is loaded.
  SWIFT_ENV="LD_LIBRARY_PATH=$rounds_target/release ROUNDS_RELEASE=$rounds_target/release" in_swift_root "$repo/$1" \
    swift test --scratch-path /build --cache-path /build/cache --disable-sandbox \
    -Xlinker -L"$rounds_target/release" -Xlinker --allow-shlib-undefined
  because "$(grep -ohE 'Test run with [0-9]+ tests? passed' "${ROUNDS_REASON_FILE%.reason}.log" | grep -oE '[0-9]+') tests"
}
