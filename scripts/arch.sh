#!/usr/bin/env bash
# Holds the direction of the crates: nothing below the pipeline knows a runtime, and only the bus names the NATS client.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0
# absent CRATE DEPENDENCY. When it is not in the tree cargo prints nothing and ends with 0, or with 101 when it is not
# even a dependency of the tests.
absent() {
  local code=0 tree
  tree=$(cargo tree --locked -p "$1" -e normal -i "$2" 2>/dev/null) || code=$?
  if [ -n "$tree" ] || { [ "$code" != 0 ] && [ "$code" != 101 ]; }; then
    printf '%s must not depend on %s (code %s)\n%s\n' "$1" "$2" "$code" "$tree" >&2
    failed=1
  fi
}

for crate in copydesk-types copydesk-stages copydesk-readers copydesk-nlp copydesk-neardup copydesk-kb copydesk-provision; do
  absent "$crate" tokio
  absent "$crate" async-nats
done
for crate in copydesk-nlp copydesk-neardup copydesk-provision; do
  absent "$crate" copydesk-types
done
for crate in copydesk-bus copydesk-readers copydesk-stages; do
  for other in copydesk-bus copydesk-readers copydesk-stages copydesk-pipeline; do
    [ "$crate" = "$other" ] || absent "$crate" "$other"
  done
done

named=$(grep -l '^async-nats' crates/*/Cargo.toml | grep -v '^crates/copydesk-bus/' || true)
if [ -n "$named" ]; then
  echo "only copydesk-bus may name async-nats, but so does $named" >&2
  failed=1
fi
# A check that cannot fail is none: the pipeline does know the runtime.
cargo tree --locked -p copydesk-pipeline -e normal -i tokio >/dev/null
exit "$failed"
