"""What the benchmarks of this folder have in common: processes that end with their benchmark, three masters, the disk's
own speed, and the words for a machine."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """Something the user has to know; printed without a traceback."""


class Daemon:
    """A process in its own session, with its output in a file. It ends with this program even if that is killed."""

    def __init__(self, name, command, log_path, env=None):
        self.name, self.log_path = name, log_path
        with open(log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=env)

    @property
    def pid(self):
        return self.process.pid

    def check(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended with {self.process.returncode}; the end of its log:\n" + self.log_end())

    def log_end(self):
        with open(self.log_path, errors="replace") as log:
            return "".join(log.readlines()[-8:])

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_bytes(self):
        """What of it is in memory now."""
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"^VmRSS:\s+(\d+) kB", status.read(), re.MULTILINE).group(1)) * 1024

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()


def fetch(url):
    # Loopback; a proxy in the environment has no say.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=3) as answer:
        return answer.read().decode()


def metric(text, name):
    """Sum of a metric over its labels; 0 if it is not there."""
    total = 0.0
    for line in text.splitlines():
        match = re.match(rf"{name}(?:\{{[^}}]*\}})? (\S+)", line)
        if match:
            total += float(match.group(1))
    return total


def wait_until(what, daemons, seconds, probe, pause=0.1):
    """Calls the probe until it returns something."""
    deadline = time.monotonic() + seconds
    while True:
        for daemon in daemons:
            daemon.check()
        with contextlib.suppress(OSError):
            found = probe()
            if found is not None:
                return found
        if time.monotonic() > deadline:
            raise Failure(f"{what} within {seconds} s; the logs are beside the data")
        time.sleep(pause)


def demand_free(ports):
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise Failure(f"port {port} is not free ({error.strerror}); choose others with --port-base")


class Group:
    """Daemons that make up one service."""

    daemons: list

    def cpu_seconds(self):
        return sum(daemon.cpu_seconds() for daemon in self.daemons)

    def memory_bytes(self):
        return sum(daemon.memory_bytes() for daemon in self.daemons)

    def check(self):
        for daemon in self.daemons:
            daemon.check()

    def stop(self):
        for daemon in self.daemons:
            daemon.stop()


class Masters(Group):
    """Three masters on loopback, with 30 ports from `port_base`; `settings` are further lines of configuration."""

    def __init__(self, namespaced, settings, directory, port_base):
        ports = [(port_base + 10 * i, port_base + 10 * i + 1, port_base + 10 * i + 2) for i in range(3)]
        demand_free(port for three in ports for port in three)
        self.namespaced = namespaced
        self.addresses = [f"127.0.0.1:{rpc}" for rpc, _, _ in ports]
        self.http = {f"127.0.0.1:{rpc}": f"http://127.0.0.1:{http}" for rpc, _, http in ports}
        peers = ",".join(f"127.0.0.1:{peer}:0" for _, peer, _ in ports)
        self.homes = [os.path.join(directory, f"master-{i + 1}") for i in range(3)]
        for home, (rpc, peer, http) in zip(self.homes, ports):
            os.makedirs(os.path.join(home, "meta"))
            with open(os.path.join(home, "namespace.cfg"), "w") as out:
                out.write(f"""namespace.backend.type=raft
namespace.backend.raft.initial-conf={peers}
namespace.backend.raft.hostname=127.0.0.1:{peer}
jfs.namespace.server.rpc-address={",".join(self.addresses)}
namespace.bind-host=127.0.0.1
namespace.rpc.port={rpc}
namespace.http.port={http}
namespace.meta-dir={home}/meta
""")
                out.writelines(line + "\n" for line in settings)
        self.daemons = [self.launch(i) for i in range(3)]
        self.wait_for_leader()

    def launch(self, i):
        home = self.homes[i]
        return Daemon(f"master {i + 1}", [self.namespaced, "--conf", os.path.join(home, "namespace.cfg")],
                      os.path.join(home, "log"))

    def wait_for_leader(self, seconds=60):
        return wait_until("the masters have no leader", self.daemons, seconds, self.leader)

    def leader(self):
        for address, url in self.http.items():
            if metric(fetch(url + "/metrics"), "jfs_serving") == 1:
                return address
        return None

    def counters(self):
        # Metrics are published once a second: wait for what is just over.
        time.sleep(1.2)
        texts = {address: fetch(url + "/metrics") for address, url in self.http.items()}
        return {address: (metric(text, "jfs_commands_applied"), metric(text, "jfs_log_batches"))
                for address, text in texts.items()}


class LoadedMasters(Masters):
    """Masters, and bench/ipc_load on them."""

    def __init__(self, namespaced, ipc_load, warm_up, settings, directory, port_base):
        super().__init__(namespaced, settings, directory, port_base)
        self.ipc_load, self.warm_up = ipc_load, warm_up
        self.runs = 0

    def load_command(self, operation, clients, seconds, warm_up):
        root = "/bench/stat"
        if operation == "mkdirs":
            self.runs += 1
            root = f"/bench/run-{self.runs}"
        return [self.ipc_load, "--addresses", ",".join(self.addresses), "--operation", operation,
                "--clients", str(clients), "--seconds", str(seconds), "--warm-up", str(warm_up),
                "--root", root, "--parents", "64"]

    def run(self, operation, clients, seconds):
        command = self.load_command(operation, clients, seconds, self.warm_up)
        before = self.counters()
        cpu = self.cpu_seconds()
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
        cpu = self.cpu_seconds() - cpu
        self.check()
        if done.returncode != 0:
            raise Failure(done.stderr.strip())
        load = json.loads(done.stdout)
        after = self.counters()
        commands, batches = (after[load["leader"]][i] - before[load["leader"]][i] for i in range(2))
        # The 64 parents are made in the same time.
        operations = load["total_operations"] + 64
        return {"per_second": load["per_second"], "p50_us": load["p50_us"], "p99_us": load["p99_us"],
                "cpu_us": cpu * 1e6 / operations, "generator_cpu_us": load["generator_cpu_us"],
                "per_sync": commands / batches if operation == "mkdirs" and batches else None,
                "operations": operations}


def with_retry(what, run):
    """A leader change in the middle ends a round; it is said, and the round is taken once more."""
    try:
        return run()
    except Failure as failure:
        print(f"{what}: {failure}; once more", file=sys.stderr)
        time.sleep(3)
        return run()


def disk_rate(disk_sync, directory):
    """Durable writes of 4 KiB a second, one after the other, measured for a second."""
    done = subprocess.run([disk_sync, directory, "1"], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Failure(done.stderr.strip())
    return json.loads(done.stdout)


def median_of(samples):
    keys = samples[0].keys()
    return {key: statistics.median(values) if (values := [s[key] for s in samples if s[key] is not None]) else None
            for key in keys}


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return {"processor": model, "cores": os.cpu_count(), "kernel": os.uname().release}


def demand_disk(directory):
    """Durability measured in memory would mean nothing."""
    if not os.path.isdir(directory):
        raise Failure(f"--dir {directory} is not a directory")
    kind = subprocess.run(["stat", "--file-system", "--format=%T", directory], capture_output=True, text=True)
    if kind.stdout.strip() in ("tmpfs", "ramfs"):
        raise Failure(f"{directory} is in memory ({kind.stdout.strip()}): choose a directory on a disk with --dir")


def demand_programs(paths, targets):
    for path in paths:
        if not os.access(path, os.X_OK):
            raise Failure(f"{path} is not there: bazel build --config=release {targets}")


@contextlib.contextmanager
def work_directory(parent, prefix, keep):
    """A directory for data and logs, which stays behind after a failure or if it is to be kept; and an ExitStack for
    what has to end before."""
    directory = tempfile.mkdtemp(prefix=prefix, dir=parent)
    # A signal ends the run like an error does: nothing stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with contextlib.ExitStack() as stack:
            yield directory, stack
    except (Failure, subprocess.TimeoutExpired):
        keep = True
        raise
    finally:
        if keep:
            print(f"data and logs: {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)


def run_main(name, main):
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except (Failure, OSError, subprocess.TimeoutExpired) as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        sys.exit(1)
