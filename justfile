# Names for commands. Continuous integration calls .ci/run, which ends with `just ci`.

set shell := ["bash", "-euo", "pipefail", "-c"]

# List the recipes.
default:
    @just --list

# Formatting, lints, crate directions.
check: arch
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# All tests; they start nats-servers of their own.
test:
    cargo test --workspace

# The tests that need neither a server nor a model.
test-fast:
    cargo test -p copydesk-types -p copydesk-readers -p copydesk-neardup

# Fifty kills of the real process at each of four points; minutes.
kills:
    cargo test -p copydesk --test it kills::fifty -- --ignored --nocapture

# An index of ten million articles, simulated: 10 GB of memory, minutes.
ten-million:
    cargo test --release -p copydesk-neardup --lib ten_million -- --ignored --nocapture

# The whole pipeline over sample articles.
demo *ARGS:
    cargo run --release -- demo {{ ARGS }}

# Watch ./inbox until stopped.
run *ARGS:
    cargo run --release -- run {{ ARGS }}

# Benchmarks; each asserts its result. docs/benchmarks.md has the figures.
bench:
    cargo bench --workspace

# Make the fixtures again from the reference implementations (needs Python; see each script).
fixtures:
    python3 crates/copydesk-nlp/tests/fixtures/make.py

# Score against gold data in DIR (the scorers and sets are not part of this repository).
eval DIR:
    cargo build --release
    scripts/eval.sh {{ DIR }}

# No crate knows more than it may.
arch:
    scripts/arch.sh

# Repository hygiene.
tidy:
    cargo test -p copydesk-testkit --test tidy

# Documentation without a broken link.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

# Alert rules, their tests, the Prometheus configuration, and metrics of a live run (needs promtool).
prometheus:
    promtool check rules deploy/prometheus/alerts.yml
    promtool test rules deploy/prometheus/alerts_test.yml
    promtool check config --syntax-only deploy/prometheus/prometheus.yml

# The real binary looked at from outside (needs promtool, and nats-py and jsonschema for Python).
live:
    cargo build --release --locked
    python3 scripts/live.py

# What .ci/run checks beside formatting, lints and tests.
ci: arch tidy doc prometheus live
