#!/usr/bin/env bash
# Finds Chromium for the tests in a browser, installs it where that is allowed, else says what is left out.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1 || [ -x "/usr/bin/$name" ]; then exit 0; fi
done
if [ -n "${CHROMIUM:-}" ] && [ -x "${CHROMIUM}" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Chromium for the tests of the UI"
  if apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; then exit 0; fi
fi
echo "left out: the UI's tests in a browser, since there is no Chromium (install it, or name it in CHROMIUM)"
