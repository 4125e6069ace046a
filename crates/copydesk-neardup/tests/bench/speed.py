#!/usr/bin/env python3
"""Times the whole decision (text in, verdict out, taken in) of copydesk-neardup, datasketch and rensa, on one core and in CPU
time, over the same texts in the same order.

    speed.py TEXTS.jsonl [--rounds 3] [--documents 4000] [--venv DIR] [--check]

Installs datasketch and rensa into the virtual environment DIR (by default a temporary one). Both get word triples made in
Python after the normalisation that copydesk-neardup does as well (entities resolved twice, NFKD without combining marks and
format characters, lower case, \\w+); with --plain lower case and \\w+ alone. MinHash of 128 permutations, threshold .5, a query
and an insert a document. A figure is the best of the rounds, which take turns. --check: exit 1 when a ratio misses its bar (15
times datasketch, 6 times rensa).
"""
import argparse
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
import venv

BARS = {"datasketch": 15, "rensa": 6}
PLAIN = "--plain" in sys.argv
COMMAND = ["cargo", "run", "--release", "--quiet", "-p", "copydesk-neardup", "--example", "speed", "--"]


def folded(text):
    text = unicodedata.normalize("NFKD", html.unescape(html.unescape(text)))
    return "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Cf")).lower()


def shingles(text):
    words = re.findall(r"\w+", text.lower() if PLAIN else folded(text))
    return [" ".join(words[i:i + 3]) for i in range(max(1, len(words) - 2))]


def with_datasketch(texts):
    lsh = datasketch.MinHashLSH(threshold=0.5, num_perm=128)
    copies = 0
    for i, text in enumerate(texts):
        minhash = datasketch.MinHash(num_perm=128)
        minhash.update_batch([s.encode() for s in shingles(text)])
        copies += bool(lsh.query(minhash))
        lsh.insert(str(i), minhash)
    return copies


def with_rensa(texts):
    lsh = rensa.RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
    copies = 0
    for i, text in enumerate(texts):
        minhash = rensa.RMinHash(num_perm=128, seed=42)
        minhash.update(shingles(text))
        copies += bool(lsh.query(minhash))
        lsh.insert(i, minhash)
    return copies


def peers(file, documents):
    """One round of both; runs inside the environment."""
    texts = [json.loads(line)["text"] for line in open(file, encoding="utf-8")][:documents]
    out = {}
    for name, decide in ("datasketch", with_datasketch), ("rensa", with_rensa):
        start = time.process_time()
        copies = decide(texts)
        out[name] = {"copies": copies, "cpu_seconds": time.process_time() - start}
    print(json.dumps(out))


def environment(folder):
    python = pathlib.Path(folder) / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    have = subprocess.run([python, "-c", "import datasketch, rensa"], stderr=subprocess.DEVNULL).returncode == 0
    if not have:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "datasketch==2.0.0", "rensa==0.5.0"], check=True)
    return python


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--venv")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    subprocess.run([*COMMAND, os.devnull], check=True, capture_output=True)  # builds it, on all cores
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as temporary:
        python = environment(args.venv or temporary)
        file = pathlib.Path(temporary) / "texts.jsonl"
        with open(args.texts, encoding="utf-8") as texts, open(file, "w", encoding="utf-8") as out:
            out.writelines(line for line, _ in zip(texts, range(args.documents)))
        best = {}
        for _ in range(args.rounds):
            theirs = subprocess.run([python, __file__, "--peers", file, str(args.documents), *["--plain"] * args.plain], check=True, capture_output=True)
            ours = subprocess.run([*COMMAND, file, "1"], check=True, capture_output=True)
            for name, run in {**json.loads(theirs.stdout), "copydesk": json.loads(ours.stdout)}.items():
                if name not in best or run["cpu_seconds"] < best[name]["cpu_seconds"]:
                    best[name] = run
    documents = best["copydesk"]["documents"]
    missed = False
    for name, run in best.items():
        ratio = run["cpu_seconds"] / best["copydesk"]["cpu_seconds"]
        print(f"{name:10} {documents / run['cpu_seconds']:8.0f} documents/s   {run['copies']} copies   copydesk is {ratio:.1f} times as fast")
        missed |= ratio < BARS.get(name, 0)
    print(f"copydesk: median {best['copydesk']['p50_us']:.0f} µs, 99th percentile {best['copydesk']['p99_us']:.0f} µs")
    return int(args.check and missed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peers"]:
        import datasketch
        import rensa

        peers(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main())
