#!/usr/bin/env python3
"""Writes texts of random words that a model knows, for parity.py: words.py MODEL [NUMBER] > words.jsonl

The words are the model's strings, the words in its lemmatizer's tables, and forms that its rules turn back into words
of its index. No text needs to be at hand, and every table is gone through; a tree over such words means nothing, so
the parser is often in doubt.
"""
import json
import random
import sys

import spacy

from texts import model_folder

LENGTH = 400


def known(nlp):
    """The words of the model and of its tables."""
    words, index, rules = set(nlp.vocab.strings), set(), set()
    lookups = nlp.get_pipe("lemmatizer").lookups
    for name in lookups.tables:
        for rows in lookups.get_table(name).values():
            if name == "lemma_rules":
                rules |= {tuple(rule) for rule in rows}
            elif name == "lemma_index":
                index |= set(rows)
            elif name == "lemma_exc":
                words |= set(rows)
    for old, new in sorted(rules):
        ending = sorted(word for word in index if word.endswith(new))
        words |= {word.removesuffix(new) + old for word in random.sample(ending, min(60, len(ending)))}
    return sorted(w for w in words | index if 1 < len(w) < 40 and not any(c.isspace() for c in w))


def main():
    random.seed(7)
    nlp = spacy.load(model_folder(sys.argv[1]))
    words = known(nlp)
    words = random.sample(words, min(int(sys.argv[2]) if len(sys.argv) > 2 else 100_000, len(words)))
    for start in range(0, len(words), LENGTH):
        text = ""
        for word in words[start:start + LENGTH]:
            shown = random.choices([word, word.capitalize(), word.upper()], [85, 10, 5])[0]
            text += shown + random.choices([" ", ", ", ". "], [90, 6, 4])[0]
        print(json.dumps({"id": f"words {start}", "text": text}))


if __name__ == "__main__":
    main()
