# A browser without a window: sourced by the suite `console`. What drives it comes from npm.

# need_browser: Node.js 20 or newer with npm, Chromium, and faces for both languages, or ends the suite as skipped.
need_browser() {
  if ! command -v chromium >/dev/null; then need_debian chromium; fi
  need_debian fonts-noto-core fonts-noto-cjk
  if ! command -v npm >/dev/null; then need_debian nodejs npm; fi
  local node
  node=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  [ "$node" -ge 20 ] || skip "needs Node.js 20 or newer (https://nodejs.org); there is $node"
}
