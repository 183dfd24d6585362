"""How far a mirror is behind: a sampler that asks the leader again and again, and what its samples tell."""
import collections
import json
import os
import statistics
import subprocess
import threading
import time

from daemons import Failure, fetch, metric

# When it was asked (time.monotonic), the last mutation of the state and of the mirror, whether the leader said _synced=1, and
# what waits on its disk.
Sample = collections.namedtuple("Sample", "at position mirrored synced outbox_bytes")
PAUSE = 0.1


def sequence_of(position):
    """Of LINEAGE:SEQUENCE."""
    return int(position.partition(":")[2])


class Sampler(threading.Thread):
    """Asks the leader by `jindo jfs -metaStatus`, which answers as of that moment. On a machine with few processors it is asked most
    often when the masters wait for the disk; so /metrics are looked at too, which a master notes down once a second by itself.
    Ends with its `with` block."""

    def __init__(self, jindo, masters):
        super().__init__(daemon=True)
        self.jindo, self.masters = jindo, masters
        self.environment = dict(os.environ, JINDO_MASTERS=",".join(masters.addresses))
        self.samples = []
        self.published = []  # (when it was first seen, rows folded so far, lag in mutations)
        self.problem = None
        self.ending = threading.Event()

    def __enter__(self):
        self.start()
        deadline = time.monotonic() + 20
        while not self.samples:
            if time.monotonic() > deadline:
                self.ending.set()
                raise Failure(f"the leader does not tell how far the mirror is: {self.problem or 'no answer in 20 s'}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()

    def run(self):
        while not self.ending.is_set():
            try:
                self.take()
            except (OSError, ValueError, KeyError, Failure, subprocess.TimeoutExpired) as error:
                self.problem = str(error)
            self.ending.wait(PAUSE)

    def take(self):
        before = time.monotonic()
        done = subprocess.run([self.jindo, "jfs", "-metaStatus", "-detail", "-json"], env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        at = (before + time.monotonic()) / 2
        # Exit status 1: a master is missing, 2: there is no leader. Anything else comes without an answer.
        if not done.stdout:
            raise Failure(f"jindo jfs -metaStatus failed: {done.stderr.strip()}")
        for master in json.loads(done.stdout)["masters"]:
            fields = master["fields"]
            if master["role"] != "LEADER" or "mirrored" not in fields:
                continue
            if fields["mirror"] == "stale":
                raise Failure("more has waited for the mirror than namespace.ots.outbox-bytes, so it was given up "
                              "(mirror=stale): take a shorter --outage, or --set namespace.ots.outbox-bytes=4294967296")
            self.samples.append(Sample(at, sequence_of(fields["position"]), sequence_of(fields["mirrored"]),
                                       fields.get("_synced") == "1", int(fields["outbox_bytes"])))
        for url in self.masters.http.values():
            text = fetch(url + "/metrics")
            if metric(text, "jfs_serving") == 1:
                now = (metric(text, "jfs_mirror_folded_rows"), metric(text, "jfs_mirror_lag_mutations"))
                if not self.published or self.published[-1][1:] != now:
                    self.published.append((time.monotonic(), *now))

    def last(self):
        """The last sample; a failure if the sampler has learnt of one."""
        if self.problem is not None and "mirror=stale" in self.problem:
            raise Failure(self.problem)
        if time.monotonic() - self.samples[-1].at > 30:
            raise Failure(f"no leader has said for 30 s how far the mirror is: {self.problem or 'there is none'}")
        return self.samples[-1]

    def wait(self, what, seconds, found):
        """Until `found` is true of the last sample."""
        deadline = time.monotonic() + seconds
        while not found(self.last()):
            if time.monotonic() > deadline:
                last = self.last()
                raise Failure(f"{what} within {seconds:g} s; {last.position - last.mirrored:,} mutations wait for the mirror. "
                              "The logs are beside the data")
            time.sleep(0.05)
            self.masters.check()


def seconds_behind(samples):
    """For each sample how long ago the first mutation was made that the mirror lacked; 0 if it lacked none, None where that was
    before the first sample. Between two samples mutations count as made evenly."""
    result, later = [], 0
    for sample in samples:
        if sample.position <= sample.mirrored:
            result.append(0.0)
            continue
        while samples[later].position <= sample.mirrored:
            later += 1
        if later == 0:
            result.append(None)
            continue
        a, b = samples[later - 1], samples[later]
        made = a.at + (b.at - a.at) * (sample.mirrored - a.position) / (b.position - a.position)
        result.append(sample.at - made)
    return result


def between(samples, begin, end):
    return [sample for sample in samples if begin <= sample.at <= end]


def pace(samples, of):
    """Of a counter, per second, over the samples; None for less than two of them."""
    if len(samples) < 2:
        return None
    return (of(samples[-1]) - of(samples[0])) / (samples[-1].at - samples[0].at)


def is_bounded(samples):
    """Whether the lag has stopped growing: in the last third of the time it is at most twice what it was in the first, or less than
    a second's mutations."""
    if len(samples) < 6:
        return None
    third = (samples[-1].at - samples[0].at) / 3
    lag_of = lambda some: max((sample.position - sample.mirrored for sample in some), default=0)  # noqa: E731
    first = lag_of(between(samples, samples[0].at, samples[0].at + third))
    last = lag_of(between(samples, samples[-1].at - third, samples[-1].at))
    return last <= max(2 * first, pace(samples, lambda sample: sample.position))


def lag_under_load(samples, published, begin, end):
    """What was seen from `begin` to `end`; `samples` may begin earlier."""
    behind = [(sample, seconds) for sample, seconds in zip(samples, seconds_behind(samples)) if begin <= sample.at <= end]
    if len(behind) < 6:
        raise Failure(f"only {len(behind)} samples of the lag in {end - begin:.1f} s of load: the machine is too busy, or the "
                      "load too short (--full-seconds)")
    inside = [sample for sample, _ in behind]
    mutations = [sample.position - sample.mirrored for sample in inside]
    seconds = [value for _, value in behind if value is not None]
    per_second = pace(inside, lambda sample: sample.position)
    # In seconds by the mean rate: how the state grew around it is not known.
    noted = [one for one in published if begin <= one[0] <= end]
    noted_seconds = [lag / per_second for _, _, lag in noted if per_second > 0]
    rows_per_second = None
    if len(noted) >= 2:
        rows_per_second = (noted[-1][1] - noted[0][1]) / (noted[-1][0] - noted[0][0])
    return {"mutations_per_second": per_second,
            "mirrored_per_second": pace(inside, lambda sample: sample.mirrored),
            "folded_rows_per_second": rows_per_second,
            "lag_mutations": statistics.median(mutations), "lag_mutations_max": max(mutations + [lag for _, _, lag in noted]),
            "lag_seconds": statistics.median(seconds), "lag_seconds_max": max(seconds + noted_seconds),
            "outbox_bytes_max": max(sample.outbox_bytes for sample in inside), "bounded": is_bounded(inside),
            "samples": len(inside)}


def catch_up(samples, away, back, caught_up_seconds):
    """What an outage from `away` to `back` left to do and how that went; the last sample is synced. Times count from `back`."""
    before = [sample for sample in samples if sample.at <= back]
    after = [sample for sample in samples if sample.at > back]
    at_end_of_outage = before[-1]
    backlog = at_end_of_outage.position - at_end_of_outage.mirrored
    if backlog == 0:
        raise Failure("nothing waited for the mirror at the end of the outage: the masters have made nothing meanwhile")
    # From the sample before the first progress: what is waited for until then is that the masters try again.
    first = next(i for i, sample in enumerate(after) if sample.mirrored > at_end_of_outage.mirrored)
    begin = after[first - 1] if first > 0 else at_end_of_outage
    behind = dict(zip(samples, seconds_behind(samples)))
    synced = next(sample for sample in after if sample.synced)
    caught_up = next((sample for sample in after if behind[sample] is not None and behind[sample] < caught_up_seconds), None)
    end = caught_up or synced
    load = pace(between(samples, away, back), lambda sample: sample.position)
    rate = (end.mirrored - begin.mirrored) / max(end.at - begin.at, 1e-3)
    return {"outage_seconds": back - away, "backlog": backlog, "load_per_second": load,
            "lag_mutations_max": max(sample.position - sample.mirrored for sample in samples),
            "outbox_bytes_max": max(sample.outbox_bytes for sample in samples),
            "first_after": max(after[first].at - back, 0.0), "caught_up_after": caught_up and caught_up.at - back,
            "synced_after": synced.at - back, "caught_up_per_second": rate, "times_load": rate / load if load else None}
