"""The quorum journal beside the machine's limit, etcd and ZooKeeper on the same work: three members each, durable at two of them."""
import concurrent.futures
import contextlib
import os
import shutil
import statistics
import sys
import time

from peers.clusters import ClusterFailed, Etcd, ZooKeeper

LIMIT, VARVE = "limit", "Varve"
CLUSTERS = (Etcd, ZooKeeper)
IN_FLIGHT = (1, 64, 1000, 16000)
PEER_IN_FLIGHT = (1, 64, 1000)
ROUNDS = 3
ATTEMPTS = 3
WARMUP_S = 0.5
STARTING_S = 3  # after which a cluster of Varve is under load
WANTED_RATE = {1: 0.6, 64: 0.8, 1000: 0.8}
WANTED_P50 = {64: 1.5, 1000: 1.5}
PROGRAMS = {"etcd": "etcd", "zookeeper": "java"}


def check_programs():
    missing = [PROGRAMS[kind.name] for kind in CLUSTERS if shutil.which(PROGRAMS[kind.name]) is None]
    if missing:
        sys.exit(f"bench/run: {', '.join(missing)} not found; run scripts/setup --bench, or give --without-peers")


def measure_limit(bench, start_fanout, inflight):
    with contextlib.closing(start_fanout(bench, "fdatasync")) as fanout:
        figures = fanout.measure(inflight)
    return {"rate": figures["ops"], "p50": figures["q50us"], "p99": figures["q99us"]}


def measure_varve(bench, payload, inflight):
    figures = bench.varve("cluster", "--dir", bench.fresh("cluster"), "--payload", payload, "--inflight", inflight, "--seconds", bench.seconds)
    nodes = sum(figures[f"node{number}_cpu_s"] for number in (1, 2, 3))
    return {"rate": figures["ops_per_s"], "p50": figures["p50_us"], "p99": figures["p99_us"], "load_cpu": figures["cpu_s"] / bench.seconds,
            "members_cpu": nodes / bench.seconds}


def measure_peer(bench, kind, payload):
    measured = {}
    with kind(bench.dir) as cluster:
        cluster.load(bench, max(PEER_IN_FLIGHT), 0.5, kind.warmup_s, payload)
        for inflight in PEER_IN_FLIGHT:
            figures = cluster.load(bench, inflight, bench.seconds, WARMUP_S, payload)
            measured[kind.name, inflight] = {"rate": figures["ops_per_s"], "p50": figures["p50_us"], "p99": figures["p99_us"],
                                             "load_cpu": figures["cpu_s"] / figures["seconds"],
                                             "members_cpu": figures["members_cpu_s"] / figures["wall_s"], "version": figures["version"]}
    return measured


def measure_peer_patiently(bench, kind, payload):
    """Again from the start when a cluster does not come up or does not answer."""
    for _ in range(ATTEMPTS):
        try:
            return measure_peer(bench, kind, payload)
        except ClusterFailed as failure:
            print(f"bench/run: {failure}", file=sys.stderr)
    sys.exit(f"bench/run: {kind.title} could not be measured in {ATTEMPTS} attempts")


def measure_round(bench, start_fanout, payload, clusters):
    figures = {}
    for inflight in IN_FLIGHT:
        figures[LIMIT, inflight] = measure_limit(bench, start_fanout, inflight)
        figures[VARVE, inflight] = measure_varve(bench, payload, inflight)
    bench.drop("cluster")
    for kind in clusters:
        os.sync()  # what was removed before is off the disk's hands
        figures.update(measure_peer_patiently(bench, kind, payload))
    os.sync()
    return figures


class Comparison:
    """What the rounds have in the middle."""

    def __init__(self, rounds):
        self.rounds = rounds

    def has(self, system, inflight):
        return (system, inflight) in self.rounds[0]

    def middle(self, system, inflight):
        """The figures of the round with the median rate of this system."""
        return sorted((one[system, inflight] for one in self.rounds), key=lambda figures: figures["rate"])[len(self.rounds) // 2]

    def ratio(self, system, inflight, key="rate"):
        """Varve's to the system's: the median of the ratios of the rounds."""
        return statistics.median(one[VARVE, inflight][key] / one[system, inflight][key] for one in self.rounds)


def milliseconds(microseconds):
    return f"{microseconds / 1000:.2f}" if microseconds < 10e3 else f"{microseconds / 1000:.0f}"


def cell(comparison, system, inflight, short):
    if not comparison.has(system, inflight):
        return ""
    figures = comparison.middle(system, inflight)
    return f"{short(figures['rate'])}/s, {milliseconds(figures['p50'])} / {milliseconds(figures['p99'])}"


def judged(ratio, met):
    return f"{ratio:.2f}" + ("" if met is None else " ✓" if met else " ✗")


def rows_of(comparison, clusters, short):
    rows = []
    for inflight in IN_FLIGHT:
        rate, p50 = comparison.ratio(LIMIT, inflight), comparison.ratio(LIMIT, inflight, "p50")
        rows.append((f"{inflight:,}", *(cell(comparison, system, inflight, short) for system in (LIMIT, VARVE, *(kind.name for kind in clusters))),
                     judged(rate, rate >= WANTED_RATE[inflight] if inflight in WANTED_RATE else None),
                     judged(p50, p50 <= WANTED_P50[inflight] if inflight in WANTED_P50 else None),
                     *(f"{comparison.ratio(kind.name, inflight):.1f}" if comparison.has(kind.name, inflight) else "" for kind in clusters)))
    return rows


def cpu_line(comparison, name, title):
    taken = [(inflight, comparison.middle(name, inflight)) for inflight in IN_FLIGHT if comparison.has(name, inflight)]
    shown = "; ".join(f"{inflight:,} in flight {figures['load_cpu']:.2f} + {figures['members_cpu']:.2f}" for inflight, figures in taken)
    return f"Cores taken by the load generator + the three members, {title}: {shown}."


def compare(bench, start_fanout, payload, short, with_peers):
    """The titles and rows of the table, and the lines below it."""
    clusters = CLUSTERS if with_peers else ()
    rounds = []
    for _ in range(min(bench.pairs, ROUNDS)):
        with bench.alone():
            rounds.append(measure_round(bench, start_fanout, payload, clusters))
    comparison = Comparison(rounds)
    titled = {kind.name: f"{kind.title} {comparison.middle(kind.name, 1)['version']}" for kind in clusters}
    titles = ("in flight", "limit: rate, p50 / p99 ms", VARVE, *titled.values(), "Varve / limit", "p50 / limit's", *(f"Varve / {kind.title}" for kind in clusters))
    lines = [cpu_line(comparison, name, title) for name, title in ((VARVE, VARVE), *titled.items())]
    return titles, rows_of(comparison, clusters, short), lines


def measure_follower(bench, short):
    rate = 50_000
    runs = [bench.varve("cluster", "--dir", bench.fresh("cluster"), "--rate", rate, "--followers", 1, "--seconds", bench.seconds)
            for _ in range(min(bench.pairs, ROUNDS))]
    p99 = statistics.median(run["follower_p99_us"] for run in runs)
    bench.row(f"a follower sees a transaction after its commit, at {short(rate)}/s", f"p99 {milliseconds(p99)} ms", "5 ms (wanted)", p99 / 5000,
              lambda ratio: ratio <= 1)


def sequential_speed(bench, file):
    """Of the disk, in bytes a second: one durable file, MiB by MiB."""
    return bench.run("limit_append", file, "dsync", f"{1 << 20}:1", bench.seconds)["MBps"] * 1e6


def sequential_speed_beside(bench, load, file):
    """The same while the three nodes, which are on this disk too, take what the load writes."""
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        loading = other.submit(bench.varve, "cluster", "--dir", bench.fresh("cluster"), *load, "--seconds", bench.seconds + 2 * STARTING_S)
        time.sleep(STARTING_S)
        speed = sequential_speed(bench, file)
        loading.result()
    return speed


def measure_catching_up(bench, short, fill_file):
    missed = (1 << 28) if bench.quick else (1 << 30)
    load = ("--inflight", 1000, "--segment-bytes", 64 << 20)
    file = os.path.join(bench.dir, "limit")
    runs = []
    for _ in range(min(bench.pairs, ROUNDS)):
        figures = bench.varve("cluster", "--dir", bench.fresh("cluster"), *load, "--catch-up", missed, "--seconds", bench.seconds)
        fill_file(file, 256 << 20)
        idle, beside = sequential_speed(bench, file), sequential_speed_beside(bench, load, file)
        runs.append((figures["catch_up_bytes_per_s"] / beside, figures, idle, beside))
    os.remove(file)
    ratio, figures, idle, beside = sorted(runs, key=lambda run: run[0])[len(runs) // 2]
    bench.row(f"a node that missed {short(missed)}B becomes level, writing goes on at {short(figures['catch_up_ops_per_s'])}/s",
              f"{short(figures['catch_up_bytes_per_s'])}B/s", f"{short(beside)}B/s (one durable file, MiB by MiB, beside the same load; without it {short(idle)}B/s)",
              ratio, lambda ratio: ratio >= 0.5)


def measure_node_memory(bench, short):
    for what, arguments, most in (("full load", ("--inflight", 16000), 64 << 20), ("a transaction per second", ("--rate", 1), 16 << 20)):
        figures = bench.varve("cluster", "--dir", bench.fresh("cluster"), *arguments, "--seconds", bench.seconds)
        resident = max(figures[f"node{number}_rss_bytes"] for number in (1, 2, 3))
        bench.row(f"memory of a journal node, {what}", f"{short(resident)}B", f"{short(most)}B (wanted)", resident / most, lambda ratio: ratio <= 1)


def measure_rest(bench, short, fill_file):
    """Following, catching up, memory."""
    measure_follower(bench, short)
    measure_catching_up(bench, short, fill_file)
    measure_node_memory(bench, short)
    bench.drop("cluster")
