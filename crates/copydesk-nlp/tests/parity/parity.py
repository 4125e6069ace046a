#!/usr/bin/env python3
"""Compares copydesk-nlp with Python spaCy, token by token, over any texts.

    parity.py MODEL TEXTS...      MODEL: a wheel or a model directory; TEXTS: .jsonl, .json or plain text files

Both sides get the same cleaned texts (no BOM, LF, NFC). Tokens are compared by their offsets; entities by offsets and
type; every other field on the tokens that both sides have. Each difference is printed. Exit status: 0 all is the
same, 1 something differs, 2 the runtime failed. `--command` names another program that takes MODEL and a JSON Lines
file and prints a line `{"id", "tokens"}` for each document.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")
import spacy  # noqa: E402

from texts import model_folder, read  # noqa: E402

FIELDS = ("space", "norm", "tag", "pos", "morph", "lemma", "dep", "sent_start")
KINDS = ("tokens", "heads", *FIELDS, "entities")
COMMAND = "cargo run --release --quiet -p copydesk-nlp --example parse --"


def reference(doc):
    return [{"text": t.text, "start": t.idx, "end": t.idx + len(t), "space": bool(t.whitespace_), "norm": t.norm_,
             "tag": t.tag_, "pos": t.pos_, "morph": str(t.morph), "lemma": t.lemma_, "head": t.head.i, "dep": t.dep_,
             "sent_start": bool(t.is_sent_start), "ent_iob": t.ent_iob_, "ent_type": t.ent_type_} for t in doc]


def key(token):
    return token["start"], token["end"], token["text"]


def entities(tokens):
    out = []
    for t in tokens:
        if t["ent_iob"] == "I" and out:
            out[-1] = (out[-1][0], t["end"], out[-1][2])
        elif t["ent_iob"] == "B":
            out.append((t["start"], t["end"], t["ent_type"]))
    return set(out)


def differences(ref, cand):
    """Triples (kind, number compared, what differs) of one document."""
    theirs, mine = {key(t): t for t in ref}, {key(t): t for t in cand}
    odd = [repr(k) for k in sorted(theirs.keys() ^ mine.keys())]
    yield "tokens", len(theirs.keys() | mine.keys()), odd
    both = [(t, mine[k]) for k, t in theirs.items() if k in mine]
    for field in FIELDS:
        odd = [f"{key(t)}: spaCy {t[field]!r}, here {u[field]!r}" for t, u in both if t[field] != u[field]]
        yield field, len(both), odd
    heads = [(key(t), key(ref[t["head"]]), key(cand[u["head"]])) for t, u in both]
    yield "heads", len(both), [f"{t}: spaCy {a}, here {b}" for t, a, b in heads if a != b]
    theirs, mine = entities(ref), entities(cand)
    odd = [f"{e}: {'spaCy' if e in theirs else 'here'} only" for e in sorted(theirs ^ mine)]
    yield "entities", len(theirs | mine), odd


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--command", default=COMMAND)
    args = parser.parse_args()
    docs = list(read(args.texts))
    nlp = spacy.load(model_folder(args.model), exclude=["senter"])
    compared, differ = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": name, "text": text}) + "\n" for name, text in docs)
        file.flush()
        command = [*shlex.split(args.command), args.model, file.name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as runtime:
            for (name, _), doc in zip(docs, nlp.pipe((text for _, text in docs), batch_size=32)):
                line = runtime.stdout.readline()
                if not line:
                    print(f"parity: the runtime ended before {name}", file=sys.stderr)
                    return 2
                for kind, number, odd in differences(reference(doc), json.loads(line)["tokens"]):
                    compared[kind] += number
                    differ[kind] += len(odd)
                    for what in odd:
                        print(f"{kind}: {name} {what}")
    if runtime.returncode:
        return 2
    print(f"{nlp.meta['lang']}_{nlp.meta['name']} {nlp.meta['version']}, spaCy {spacy.__version__}: {len(docs)} documents")
    for kind in KINDS:
        print(f"{kind:<11}{compared[kind]:>9} compared {differ[kind]:>6} differ")
    return 1 if any(differ.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
