#!/usr/bin/env bash
# Scores the built binary against the gold data in DIR: eval.sh DIR [MODEL]. The sets and scorers are not ours to ship.
set -euo pipefail
dir=$(cd "${1:?usage: eval.sh DIR [MODEL]}" && pwd)
model=${2:-sm}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copydesk="$PWD/target/release/copydesk"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

enrich() { "$copydesk" enrich --reproducible --model "$model" "$@" 2>"$work/log" || { tail "$work/log" >&2; return 1; }; }
title() { printf '\n## %s\n' "$1"; }

title "claims, speech ($model)"
enrich "$dir/claims/dev.jsonl" >"$work/r.jsonl"
python3 "$dir/claims/record_to_claims.py" "$work/r.jsonl" >"$work/p.jsonl"
python3 "$dir/claims/score.py" "$dir/claims/dev.jsonl" "$work/p.jsonl" --subset speech
title 'sample articles'
enrich "$dir"/claims/seeds/*.txt | python3 "$dir/claims/seeds_score.py" -
for set in conllpp2020 wikigold uner-ewt; do
  title "names, $set"
  enrich "$dir/entities/$set.dev.jsonl" >"$work/r.jsonl"
  python3 "$dir/entities/ner_score.py" "$dir/entities/$set.dev.jsonl" "$work/r.jsonl"
done
for pair in link:news-fair-v2 toponym:tr-news times:times; do
  set=${pair#*:}
  title "$set"
  enrich "$dir/entities/$set.dev.jsonl" >"$work/r.jsonl"
  python3 "$dir/entities/${pair%%:*}_score.py" "$dir/entities/$set.dev.jsonl" "$work/r.jsonl"
done
for set in newsdup aeb; do
  title "duplicates, $set"
  "$copydesk" enrich --reproducible --stages dedup "$dir/dedup/$set.dev.jsonl" 2>"$work/log" >"$work/r.jsonl"
  python3 "$dir/dedup/record_to_dedup.py" "$work/r.jsonl" >"$work/p.jsonl"
  python3 "$dir/dedup/score.py" "$dir/dedup/$set.dev.jsonl" "$work/p.jsonl"
done
title 'stories'
enrich "$dir/dedup/ecb_story.dev.jsonl" >"$work/r.jsonl"
python3 "$dir/dedup/record_to_dedup.py" --stories "$work/r.jsonl" >"$work/p.jsonl"
python3 "$dir/dedup/score.py" "$dir/dedup/ecb_story.dev.jsonl" "$work/p.jsonl"
