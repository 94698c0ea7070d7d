# Debian packages a suite needs: sourced by tests/run and by suites.
#
# Nothing is installed that is already there. Without root (and without a password-free sudo) a missing
# package ends the suite as skipped, and the line says which package to install.

# need_debian PACKAGE…: installs what is missing, or ends the suite as skipped.
need_debian() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  install_debian "${missing[@]}" || skip "needs the Debian packages: ${missing[*]} (apt-get install ${missing[*]})"
}

# install_debian PACKAGE…: true when all of them are installed afterwards.
install_debian() {
  command -v apt-get >/dev/null || return 1
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  echo "installing Debian packages: $*"
  # Two suites, or a user beside us, may want apt at once: wait for its lock instead of failing.
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "$@" </dev/null && return 0
  # The lists may be old or, in a fresh image, not there at all.
  "${as_root[@]}" "${apt[@]}" update </dev/null || true
  "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "$@" </dev/null
}
