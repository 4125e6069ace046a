#!/usr/bin/env python3
"""Times copydesk-nlp and Python spaCy in turn, on one thread and in CPU time, over the same texts.

    speed.py MODEL TEXTS... [--rounds 5] [--tokens 60000] [--check] [--threads 2]

In every round each pipeline is run once by spaCy (nlp.pipe) and once by the runtime, both warm; a rate is the median
over the rounds, or with --best the best, for a machine that others use. --threads: instead, the full pipeline on one
and on so many threads in turn, by wall clock. --check: exit 1 when a ratio misses its bar.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
import spacy  # noqa: E402

from texts import model_folder, read  # noqa: E402

RULES = ["tagger", "attribute_ruler", "lemmatizer"]
PIPELINES = {"full": ["senter"], "parser+ner": ["senter"] + RULES, "ner": ["senter", "tok2vec", "parser"] + RULES}
BARS = {"full": 6, "parser+ner": 6, "ner": 5}
COMMAND = ["cargo", "bench", "--quiet", "-p", "copydesk-nlp", "--bench", "pipeline", "--"]


def spacy_pass(nlp, texts):
    start = time.process_time()
    tokens = sum(len(doc) for doc in nlp.pipe(texts, batch_size=256))
    return tokens, time.process_time() - start


def runtime(model, file, pipeline, threads):
    run = subprocess.run([*COMMAND, model, file, pipeline, str(threads), "1"], capture_output=True, check=True)
    return json.loads(run.stdout)


def scaling(args, file, pick):
    """Rates of one thread and of several, and whether 0.9 of the threads is reached."""
    results = {1: [], args.threads: []}
    for _ in range(args.rounds):
        for threads, seen in results.items():
            seen.append(runtime(args.model, file, "full", threads))
    print(f"full pipeline, {results[1][0]['tokens']} tokens, {args.rounds} rounds")
    print("| threads | tokens a second | tokens a CPU second |\n| --- | --- | --- |")
    wall = {}
    for threads, seen in results.items():
        wall[threads], cpu = (pick(r[f"tokens_per_{kind}_second"] for r in seen) for kind in ("wall", "cpu"))
        print(f"| {threads} | {wall[threads]:,.0f} | {cpu:,.0f} |")
    print(f"ratio {wall[args.threads] / wall[1]:.2f}")
    return wall[args.threads] >= 0.9 * args.threads * wall[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=60_000, help="about how many words to take")
    parser.add_argument("--best", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    texts, words = [], 0
    for _, text in read(args.texts):
        if words < args.tokens:
            texts.append(text)
            words += len(text.split())
    pick = max if args.best else statistics.median
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        file.flush()
        if args.threads > 1:
            return 1 if not scaling(args, file.name, pick) and args.check else 0
        folder = model_folder(args.model)
        spacys = {name: spacy.load(folder, exclude=exclude) for name, exclude in PIPELINES.items()}
        theirs, ours, share = ({name: [] for name in PIPELINES} for _ in range(3))
        for nlp in spacys.values():
            spacy_pass(nlp, texts[:20])
        for _ in range(args.rounds):
            for name, nlp in spacys.items():
                tokens, seconds = spacy_pass(nlp, texts)
                result = runtime(args.model, file.name, name, 1)
                if result["tokens"] != tokens:
                    sys.exit(f"speed: spaCy has {tokens} tokens, the runtime {result['tokens']}")
                theirs[name].append(tokens / seconds)
                ours[name].append(result["tokens_per_cpu_second"])
                share[name].append(result["share_of_product_bound"])
    print(f"spaCy {spacy.__version__}, {len(texts)} documents, {tokens} tokens, {args.rounds} rounds, tokens per CPU second")
    print("| pipeline | spaCy | copydesk-nlp | ratio | share of the product bound |\n| --- | --- | --- | --- | --- |")
    missed = []
    for name in PIPELINES:
        a, b = pick(theirs[name]), pick(ours[name])
        print(f"| {name} | {a:,.0f} | {b:,.0f} | {b / a:.1f} | {100 * pick(share[name]):.0f} % |")
        if b / a < BARS[name]:
            missed.append(f"{name}: {b / a:.2f} < {BARS[name]}")
    for line in missed:
        print(line, file=sys.stderr)
    return 1 if args.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
