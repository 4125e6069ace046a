#!/usr/bin/env python3
"""Runs the real binary and looks at it from outside, as a user's programs do.

1. `copydesk demo` ends with 0.
2. `copydesk run`: the sample articles dropped into its inbox come out once each, in the files and to a subscriber that is
   not ours (nats-py), valid against `copydesk schema`; the same files dropped again add nothing.
3. Its metrics pass `promtool check metrics`, and hold every metric that the alerts and the dashboard ask for.
4. It stops by SIGTERM with 0.

usage: live.py [BINARY]      needs promtool, and the packages nats-py and jsonschema
"""
import asyncio
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import jsonschema
import nats

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/copydesk").resolve())
SAMPLES = ROOT / "crates/copydesk/samples"
LIMIT = 120.0


def fail(message):
    sys.exit(f"live: {message}")


def wait_for(what, ask):
    """The first answer of `ask` that is not None, asked every 50 ms."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(0.05)
    fail(f"waited {LIMIT:.0f} s in vain for {what}")


def copydesk(*args, cwd=None):
    done = subprocess.run([BINARY, *args], cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"{' '.join(args)} ended with {done.returncode}\n{done.stderr}")
    return done.stdout


def output_lines(directory):
    lines = []
    for path in sorted(directory.rglob("enriched-*")):
        lines += path.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def named_metrics():
    """Names of metrics in the alerts and the dashboard, without the suffixes that a histogram adds."""
    text = (ROOT / "deploy/prometheus/alerts.yml").read_text() + (ROOT / "deploy/grafana/copydesk.json").read_text()
    return set(re.findall(r"\bcopydesk_[a-z0-9_]+", text))


def check_metrics(url):
    """Some gauges come with the first look at the consumers, some seconds after the start."""
    end = time.monotonic() + LIMIT
    while True:
        scrape = urllib.request.urlopen(f"{url}/metrics", timeout=5).read().decode()
        present = set(re.findall(r"^(copydesk_[a-z0-9_]+)", scrape, re.M))
        missing = named_metrics() - present
        if not missing:
            break
        if time.monotonic() > end:
            fail(f"asked for by alerts or dashboard, but not in a scrape: {sorted(missing)}")
        time.sleep(0.2)
    lint = subprocess.run(["promtool", "check", "metrics"], input=scrape, capture_output=True, text=True)
    if lint.returncode != 0:
        fail(f"promtool check metrics:\n{lint.stdout}{lint.stderr}")
    return len(present)


def drop(path, inbox):
    """Under a hidden name first: a copy that is taken away while it is made cannot be finished."""
    part = inbox / f".{path.name}"
    shutil.copy(path, part)
    part.rename(inbox / path.name)


async def subscribe(url, seen):
    client = await nats.connect(url)

    async def take(message):
        seen.append((message.subject, json.loads(message.data)))

    for subject in ("copydesk.v1.enriched.>", "copydesk.v1.duplicate.>"):
        await client.subscribe(subject, cb=take)
    await client.flush()
    return client


async def run(work):
    inbox, output, data = work / "inbox", work / "enriched", work / "data"
    inbox.mkdir()
    args = [BINARY, "run", "--inbox", str(inbox), "--output", str(output), "--data-dir", str(data), "--http", "127.0.0.1:0"]
    log = open(work / "log", "w")
    process = subprocess.Popen(args, cwd=work, stderr=log)

    def status():
        if process.poll() is not None:
            fail(f"run ended with {process.returncode}\n{(work / 'log').read_text()}")
        done = subprocess.run([BINARY, "status", "--json", "--data-dir", str(data)], capture_output=True, text=True)
        answer = json.loads(done.stdout) if done.returncode == 0 else {}
        return answer if answer.get("ready") else None

    try:
        state = await asyncio.to_thread(wait_for, "copydesk run to be ready", status)
        seen = []
        client = await subscribe(state["nats_url"], seen)
        samples = sorted(p for p in SAMPLES.iterdir() if p.is_file())
        for path in samples:
            drop(path, inbox)
        enough = lambda: True if len(output_lines(output)) >= len(samples) and len(seen) >= len(samples) else None
        await wait_async(f"{len(samples)} records", enough)
        # The same files once more, then a new one: when that is out, the others would be too.
        for path in samples:
            drop(path, inbox)
        (inbox / "last.txt").write_text("The harbour office said on Monday that the old pier would close for repairs.\n")
        await wait_async("the last record", lambda: True if len(output_lines(output)) > len(samples) else None)
        lines = output_lines(output)
        if len(lines) != len(samples) + 1 or len({line["id"] for line in lines}) != len(lines):
            fail(f"{len(samples)} files, each dropped twice, and one more: {len(lines)} lines")
        schema = json.loads(copydesk("schema"))
        validator = jsonschema.Draft202012Validator(schema)
        for record in lines + [record for _, record in seen]:
            validator.validate(record)
        count = await asyncio.to_thread(check_metrics, f"http://{state['http'].removeprefix('http://')}")
        await client.close()
        process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(process.wait, LIMIT)
        if code != 0:
            fail(f"run stopped with {code}\n{(work / 'log').read_text()}")
        return len(lines), len(seen), count
    finally:
        process.kill()


async def wait_async(what, ask):
    end = time.monotonic() + LIMIT
    while ask() is None:
        if time.monotonic() > end:
            fail(f"waited {LIMIT:.0f} s in vain for {what}")
        await asyncio.sleep(0.05)


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        copydesk("demo", cwd=work)
        lines, messages, metrics = asyncio.run(run(work))
    print(f"demo ended with 0; run: {lines} lines, {messages} messages to a foreign subscriber, {metrics} metrics, all as they should be")


main()
