#!/usr/bin/env python3
"""How fast the pipeline is over the files of a folder: `copydesk enrich` alone, then `copydesk run` with a server, in turns.

Every file counts as an article, so take one article a file. Each round checks that all of them came out. The latency is the
run's own metric: from the moment a file was complete to the moment its record was on the disk; all files are dropped at once,
so it is dominated by waiting. With --one the files are dropped one after the other, and it is what one article takes.

usage: throughput.py FOLDER [--rounds 3] [--one 50] [--binary target/release/copydesk]
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def count_lines(directory):
    return sum(path.read_bytes().count(b"\n") for path in directory.rglob("enriched-*"))


def enrich(binary, folder):
    start = time.monotonic()
    done = subprocess.run([binary, "enrich", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return done.stdout.count(b"\n"), time.monotonic() - start


def wait(what, condition):
    end = time.monotonic() + 600
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"throughput: waited in vain for {what}")
        time.sleep(0.01)


class Run:
    """`copydesk run` in a folder of its own."""

    def __init__(self, binary):
        self.work = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.work.name)
        self.status = [binary, "status", "--json", "--data-dir", "data"]
        command = [binary, "run", "--inbox", "inbox", "--output", "out", "--data-dir", "data", "--http", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, cwd=self.dir, stderr=subprocess.DEVNULL)
        wait("the run to be ready", self.ready)

    def ready(self):
        asked = subprocess.run(self.status, cwd=self.dir, capture_output=True)
        if asked.returncode != 0:
            return False
        status = json.loads(asked.stdout)
        self.http = status["http"]
        return status["ready"]

    def drop(self, files):
        for path in files:
            part = self.dir / "inbox" / f".{path.name}"
            shutil.copy(path, part)
            part.rename(part.with_name(path.name))

    def lines(self):
        return count_lines(self.dir / "out")

    def quantile(self, q):
        """An upper bound of the quantile, from the buckets of the histogram."""
        text = urllib.request.urlopen(f"http://{self.http}/metrics", timeout=10).read().decode()
        found = re.findall(r'^copydesk_e2e_latency_seconds_bucket\{[^}]*le="([^"]+)"\} (\d+)', text, re.M)
        buckets = {}
        for bound, count in found:
            buckets[float(bound.replace("+Inf", "inf"))] = buckets.get(float(bound.replace("+Inf", "inf")), 0) + int(count)
        total = buckets[float("inf")]
        return min(bound for bound, count in buckets.items() if count >= q * total)

    def stop(self):
        self.process.terminate()
        if self.process.wait(timeout=60) != 0:
            sys.exit("throughput: the run ended with an error")
        self.work.cleanup()


def run_all(binary, files):
    run = Run(binary)
    start = time.monotonic()
    run.drop(files)
    wait("every record", lambda: run.lines() >= len(files))
    took = time.monotonic() - start
    if run.lines() != len(files):
        sys.exit(f"throughput: {run.lines()} records of {len(files)} files")
    run.stop()
    return took


def run_one_by_one(binary, files):
    run = Run(binary)
    for number, path in enumerate(files, 1):
        run.drop([path])
        wait("a record", lambda: run.lines() >= number)
    p50, p99 = run.quantile(0.5), run.quantile(0.99)
    run.stop()
    return p50, p99


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", type=int, default=50)
    parser.add_argument("--binary", default=str(ROOT / "target/release/copydesk"))
    args = parser.parse_args()
    files = sorted(path for path in args.folder.iterdir() if path.is_file())
    alone, streamed = [], []
    for _ in range(args.rounds):
        count, took = enrich(args.binary, args.folder)
        if count != len(files):
            sys.exit(f"throughput: enrich gave {count} records of {len(files)} files")
        alone.append(count / took)
        streamed.append(len(files) / run_all(args.binary, files))
    print(f"{len(files)} articles, {sum(path.stat().st_size for path in files) / len(files):.0f} bytes each")
    print(f"enrich  {statistics.median(alone):8.1f} articles/s")
    print(f"run     {statistics.median(streamed):8.1f} articles/s, {statistics.median(streamed) / statistics.median(alone):.2f} of enrich")
    p50, p99 = run_one_by_one(args.binary, files[: args.one])
    print(f"one at a time, file complete to record on disk: half within {p50 * 1000:.0f} ms, 99 % within {p99 * 1000:.0f} ms")


main()
