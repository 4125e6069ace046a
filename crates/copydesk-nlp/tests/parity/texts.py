"""Reading texts and models for the scripts of this folder."""
import json
import tempfile
import unicodedata
import zipfile
from pathlib import Path


def clean(text):
    """The input rules of the record: no BOM, LF line ends, NFC."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def read(paths):
    """Pairs of id and text: JSON Lines with `text` or `body`, a list of such objects in JSON, else one text a file."""
    for path in map(Path, paths):
        raw = path.read_bytes().decode("utf-8")
        if path.suffix not in (".jsonl", ".ndjson", ".json"):
            yield path.name, clean(raw)
            continue
        docs = json.loads(raw) if path.suffix == ".json" else map(json.loads, filter(str.strip, raw.split("\n")))
        for number, doc in enumerate(docs, 1):
            text = doc.get("text") or doc.get("body")
            if text:
                yield f"{path.name}#{number}", clean(text)


def model_folder(path):
    """The folder with config.cfg of a model directory or wheel, which spaCy wants unpacked."""
    path = Path(path)
    if path.is_file():
        folder = Path(tempfile.mkdtemp(prefix="model-"))
        with zipfile.ZipFile(path) as wheel:
            wheel.extractall(folder)
        path = folder
    return min(path.rglob("config.cfg"), key=lambda p: len(p.parts)).parent
