"""Hadoop's own NNThroughputBenchmark, unmodified, on three of our masters, on a NameNode with three JournalNodes and on a
NameNode alone, interleaved in one run.

All of them run on this machine's loopback with their data on one disk. In each round each operation goes to one after the
other, so that whatever else the machine does meets all alike. What is reported are medians over the rounds, and ratios of
one round's pairs. Exit status: 0 ahead of HDFS with JournalNodes in every row, 3 behind in one, 1 it could not measure.
"""
import argparse
import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time

from daemons import (REPOSITORY, Failure, Masters, demand_disk, demand_programs, disk_rate, machine, run_main,
                     work_directory)
from hdfs import Java, NameNode, write_configuration

BENCHMARK = "org.apache.hadoop.hdfs.server.namenode.NNThroughputBenchmark"
OPERATIONS = ("mkdirs", "create", "open", "fileStatus", "rename", "delete")
WRITES = ("mkdirs", "create", "rename", "delete")
SYSTEMS = ("masters", "journals", "single")
TITLES = {"masters": "three masters", "journals": "NameNode, 3 JournalNodes", "single": "NameNode"}


class Target:
    """One of the systems, as the benchmark's client sees it."""

    def __init__(self, java, name, service, address, directory):
        self.java, self.name, self.service, self.address = java, name, service, address
        self.configuration = os.path.join(directory, "client-" + name)

    def run(self, operation, count, threads, seconds):
        """One run of the benchmark: rate and mean time as it prints them, and the processor time of the servers while it
        measured."""
        address = self.address()
        write_configuration(self.configuration, {
            "fs.defaultFS": f"hdfs://{address}", "hadoop.tmp.dir": os.path.join(self.configuration, "tmp"),
            "dfs.namenode.fs-limits.min-block-size": 0, "dfs.blocksize": 16})
        command = self.java.command(self.configuration, BENCHMARK, "-op", operation, "-threads", str(threads),
                                    "-dirs" if operation == "mkdirs" else "-files", str(count))
        what = f"{operation} on {TITLES[self.name]}"
        client = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  text=True)
        # A thread of the benchmark that fails leaves its main thread waiting for ever.
        timer = threading.Timer(seconds, client.kill)
        timer.start()
        lines, before, cpu = [], None, None
        try:
            for line in client.stderr:
                lines.append(line)
                if f"Starting {count} {operation}(s)." in line:
                    before = self.service.cpu_seconds()
                elif f"--- {operation} inputs" in line:
                    cpu = self.service.cpu_seconds() - before
                elif line.startswith(("ERROR", "FATAL")):
                    client.kill()
            client.wait()
        finally:
            timer.cancel()
            client.kill()
            client.wait()
        self.service.check()
        text = "".join(lines)
        done = re.search(r"# operations: (\d+)", text)
        rate = re.search(r"Ops per sec: ([0-9.]+)", text)
        if client.returncode != 0 or cpu is None or done is None or int(done.group(1)) != count:
            raise Failure(f"{what} did not end within {seconds:g} s or failed; the end of what it said:\n"
                          + "".join(lines[-12:]))
        return {"per_second": float(rate.group(1)), "mean_ms": threads * 1e3 / float(rate.group(1)),
                "cpu_us": cpu * 1e6 / count}


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/nnthroughput.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Build what it runs first:  bazel build --config=release //server:namespaced //bench:disk_sync\n"
               "Hadoop's jars are fetched by tests/hadoop/setup.sh when it is called for the first time.")
    parser.add_argument("--class-path", default="", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of everything (default: %(default)s)")
    parser.add_argument("--count", type=int, default=20000,
                        help="operations of each kind in a round (default: %(default)s)")
    parser.add_argument("--warm-up", type=int, default=10000,
                        help="files created first on each, not measured (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=64, help="of the benchmark's client (default: %(default)s)")
    parser.add_argument("--operations", default=",".join(OPERATIONS), help="with commas (default: %(default)s)")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="with commas (default: %(default)s)")
    parser.add_argument("--dir", default="/var/tmp",
                        help="where all data goes: a directory on the disk to be measured (default: %(default)s)")
    parser.add_argument("--bin", default=os.path.join(REPOSITORY, "bazel-bin"),
                        help="where server/namespaced and bench/disk_sync, or just these, are (default: bazel-bin)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="one more line of configuration for the masters")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one run (default: %(default)s)")
    parser.add_argument("--port-base", type=int, default=18300, help="70 ports from here are used (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write all samples and medians there")
    parser.add_argument("--keep", action="store_true", help="leave data and logs behind")
    options = parser.parse_args(arguments)
    for name, known in (("operations", OPERATIONS), ("systems", SYSTEMS)):
        chosen = getattr(options, name).split(",")
        if not chosen or any(word not in known for word in chosen):
            parser.error(f"--{name} takes some of {','.join(known)}")
        setattr(options, name, [word for word in known if word in chosen])
    if not 1 <= options.rounds <= 100 or not 1 <= options.threads <= 1024:
        parser.error("--rounds go from 1 to 100, --threads from 1 to 1024")
    if options.count < options.threads or options.warm_up != 0 and options.warm_up < options.threads:
        parser.error("--count and --warm-up must give each thread something to do")
    for name in ("namespaced", "disk_sync"):
        folder = "server" if name == "namespaced" else "bench"
        built = os.path.join(options.bin, folder, name)
        setattr(options, name, built if os.path.exists(built) else os.path.join(options.bin, name))
    demand_programs((options.namespaced, options.disk_sync), "//server:namespaced //bench:disk_sync")
    demand_disk(options.dir)
    return options


def start(options, directory, stack):
    """Everything, one after the other."""
    java = Java(options.class_path)
    targets = {}
    for name in options.systems:
        print(f"starting: {TITLES[name]}", file=sys.stderr, flush=True)
        if name == "masters":
            service = Masters(options.namespaced, ["dfs.namenode.fs-limits.min-block-size=0", *options.set], directory,
                              options.port_base)
            # Leadership may move between runs, not within one: stock clients that know one address do not follow.
            address = service.wait_for_leader
        else:
            journals = name == "journals"
            service = NameNode(java, directory, options.port_base + (40 if journals else 30), journals)
            address = lambda service=service: service.address  # noqa: E731
        stack.callback(service.stop)
        targets[name] = Target(java, name, service, address, directory)
    return targets


def with_retry(what, run):
    """A change of leaders in the middle ends a run; it is said, and the run is taken once more."""
    try:
        return run()
    except Failure as failure:
        print(f"{what}: {failure}; once more", file=sys.stderr, flush=True)
        time.sleep(3)
        return run()


def measure(options, directory, stack):
    targets = start(options, directory, stack)
    if options.warm_up:
        for name, target in targets.items():
            sample = target.run("create", options.warm_up, options.threads, options.timeout)
            print(f"warm-up: {TITLES[name]}: create {sample['per_second']:,.0f}/s", file=sys.stderr, flush=True)
    samples = {"disk": []}
    for number in range(1, options.rounds + 1):
        for operation in options.operations:
            samples["disk"].append(disk_rate(options.disk_sync, directory))
            for name, target in targets.items():
                sample = with_retry(operation, lambda: target.run(operation, options.count, options.threads, options.timeout))
                samples.setdefault(f"{operation}/{name}", []).append(sample)
                print(f"round {number} of {options.rounds}: {operation}, {TITLES[name]}: {sample['per_second']:,.0f}/s, "
                      f"{sample['cpu_us']:.0f} us of the servers' processors each", file=sys.stderr, flush=True)
    return samples


def report(options, samples, load_before, began):
    disk = statistics.median(sample["per_second"] for sample in samples["disk"])
    disk_us = statistics.median(sample["p50_us"] for sample in samples["disk"])
    medians, ratios, behind = {}, {}, []
    columns = ["operation"]
    columns += [f"{TITLES[name]}, ops/s" for name in options.systems]
    columns += [f"x {TITLES[name]}" for name in options.systems if name != "masters" and "masters" in options.systems]
    columns += [f"CPU us/op, {TITLES[name]}" for name in options.systems]
    print("| " + " | ".join(columns) + " |")
    print("| --- " * len(columns) + "|")
    for operation in options.operations:
        row, times, cpu = [operation], [], []
        for name in options.systems:
            of_these = samples[f"{operation}/{name}"]
            median = {key: statistics.median(sample[key] for sample in of_these) for key in of_these[0]}
            medians[f"{operation}/{name}"] = median
            row.append(f"{median['per_second']:,.0f}")
            cpu.append(f"{median['cpu_us']:.0f}")
            if name != "masters" and "masters" in options.systems:
                ratio = statistics.median(ours["per_second"] / theirs["per_second"] for ours, theirs in
                                          zip(samples[f"{operation}/masters"], of_these))
                ratios.setdefault(operation, {})[name] = ratio
                times.append(f"{ratio:.2f}")
                if name == "journals" and ratio <= 1:
                    behind.append(operation)
        print("| " + " | ".join(row + times + cpu) + " |")
    about, load_after = machine(), os.getloadavg()[0]
    print(f"\n{datetime.date.today()}, {about['processor']}, {about['cores']} cores, Linux {about['kernel']}; load average "
          f"{load_before:.1f} before, {load_after:.1f} after; {options.threads} threads, medians of {options.rounds} rounds of "
          f"{options.count:,} operations; the disk alone: {disk:,.0f} durable writes a second, {disk_us:.0f} us each; "
          f"all of it {time.monotonic() - began:.0f} s")
    if any("journals" in of_one for of_one in ratios.values()):
        goal = [operation for operation in options.operations if operation in WRITES and ratios[operation]["journals"] < 2]
        print(f"bar, ahead of HDFS with JournalNodes in every row: {'met' if not behind else 'MISSED in ' + ', '.join(behind)}; "
              f"goal, 2x each write: {'met' if not goal else 'not in ' + ', '.join(goal)}")
    if options.json:
        with open(options.json, "w") as out:
            json.dump({"machine": about, "date": datetime.datetime.now().isoformat(timespec="seconds"),
                       "load_average": [load_before, load_after], "rounds": options.rounds, "count": options.count,
                       "threads": options.threads, "samples": samples, "medians": medians, "ratios": ratios}, out, indent=1)
            out.write("\n")
    return not behind


def main(arguments):
    options = parse(arguments)
    load_before, began = os.getloadavg()[0], time.monotonic()
    with work_directory(options.dir, "jfs-nnthroughput-", options.keep) as (directory, stack):
        samples = measure(options, directory, stack)
    return 0 if report(options, samples, load_before, began) else 3


if __name__ == "__main__":
    run_main("nnthroughput", main)
