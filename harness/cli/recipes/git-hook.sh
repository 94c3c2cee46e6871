#!/bin/sh
# Recordings with personal data are not committed: what is staged is scanned, not what lies in the folder.
set -eu
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
git diff --cached --name-only -z --diff-filter=ACMR -- '*.rec.jsonl' '*.rec.jsonl.gz' |
  git checkout-index -z --stdin --prefix="$staged/"
if [ -n "$(find "$staged" -type f)" ]; then
  cd "$staged"
  harness scan .
fi
