"""etcd and ZooKeeper, three members of each on loopback, with their data in one directory. How, and why so: bench/peers/README.md."""
import ctypes
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"
MEMBERS = 3
PATIENCE_S = 60
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class ClusterFailed(Exception):
    pass


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count):
    """Below those that the kernel hands out: a connection of one member cannot take the port of another that does not listen yet."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="utf-8") as bounds:
        handed_out = int(bounds.read().split()[0])
    candidates = random.sample(range(10_000, max(handed_out, 20_000)), 1000)
    return list(itertools.islice(filter(is_free, candidates), count))


def end_with_parent():
    """For a child process, before its program starts."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Cluster:
    """Members that run from `with` to its end; they die with this process, however it ends."""

    def __init__(self, directory):
        self.directory = os.path.join(os.path.abspath(directory), self.name)
        self.members = []

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.client_ports, self.peer_ports, self.election_ports = (free_ports(3 * MEMBERS)[i::3] for i in range(3))
        try:
            for number in range(MEMBERS):
                self.start(number)
            self.leader = self.wait_for_leader()
        except BaseException:
            self.__exit__(ClusterFailed)
            raise
        return self

    def __exit__(self, failure=None, *_):
        if failure:
            for number in range(len(self.members)):
                print(f"member {number} of {self.name}: {self.last_lines(number)}", file=sys.stderr)
        for member in self.members:
            member.kill()
        for member in self.members:
            member.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def launch(self, number, command, **environment):
        with open(os.path.join(self.directory, f"{number}.log"), "wb") as log:
            self.members.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                                                 env={**os.environ, **environment},
                                                 preexec_fn=end_with_parent))

    def wait_for_leader(self):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            for number, member in enumerate(self.members):
                if member.poll() is not None:
                    raise ClusterFailed(f"member {number} of {self.name} ended: {self.last_lines(number)}")
            roles = [self.role(number) for number in range(MEMBERS)]
            if roles.count("leader") == 1 and roles.count("follower") == MEMBERS - 1:
                return roles.index("leader")
            time.sleep(0.1)
        raise ClusterFailed(f"{self.name} had no leader of {MEMBERS} members in {PATIENCE_S} s: {self.last_lines(0)}")

    def last_lines(self, number):
        with open(os.path.join(self.directory, f"{number}.log"), encoding="utf-8", errors="replace") as log:
            return "\n".join(log.read().splitlines()[-8:])

    def cpu_seconds(self):
        return sum(cpu_seconds(member.pid) for member in self.members)

    def load(self, bench, inflight, seconds, warmup, payload):
        """Figures of the load generator, all of whose connections go to the leader; `members_cpu_s` of `wall_s`, the warm-up with it."""
        before, began = self.cpu_seconds(), time.monotonic()
        try:
            figures = bench.run(f"peer_{self.name}", f"{HOST}:{self.client_ports[self.leader]}", inflight, seconds, warmup, payload)
        except SystemExit as ended:
            raise ClusterFailed(str(ended)) from ended
        figures["members_cpu_s"], figures["wall_s"] = self.cpu_seconds() - before, time.monotonic() - began
        figures["version"] = self.version
        if self.role(self.leader) != "leader":
            self.leader = self.wait_for_leader()
            figures["leader_changed"] = True
        return figures


class Etcd(Cluster):
    name = "etcd"
    title = "etcd"
    warmup_s = 1

    def start(self, number):
        client, peer = (f"http://{HOST}:{ports[number]}" for ports in (self.client_ports, self.peer_ports))
        cluster = ",".join(f"m{i}=http://{HOST}:{port}" for i, port in enumerate(self.peer_ports))
        self.launch(number, ["etcd", "--name", f"m{number}", "--data-dir", os.path.join(self.directory, str(number)),
                             "--listen-client-urls", client, "--advertise-client-urls", client,
                             "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                             "--initial-cluster", cluster, "--initial-cluster-state", "new", "--initial-cluster-token", "bench",
                             "--quota-backend-bytes", str(8 << 30), "--logger", "zap", "--log-level", "error"])

    def role(self, number):
        request = urllib.request.Request(f"http://{HOST}:{self.client_ports[number]}/v3/maintenance/status", data=b"{}")
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                status = json.load(answer)
        except (OSError, urllib.error.URLError, ValueError):
            return None
        self.version = status["version"]
        leader = status.get("leader", "0")
        return None if leader == "0" else "leader" if leader == status["header"]["member_id"] else "follower"


class ZooKeeper(Cluster):
    name = "zookeeper"
    title = "ZooKeeper"
    warmup_s = 10  # the JIT compiler's: the rate grows threefold in it

    def start(self, number):
        data = os.path.join(self.directory, str(number))
        os.makedirs(data)
        with open(os.path.join(data, "myid"), "w", encoding="utf-8") as file:
            file.write(str(number + 1))
        config = os.path.join(self.directory, f"{number}.cfg")
        servers = [f"server.{i + 1}={HOST}:{self.peer_ports[i]}:{self.election_ports[i]}" for i in range(MEMBERS)]
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(["tickTime=2000", "initLimit=10", "syncLimit=5", f"dataDir={data}", f"clientPort={self.client_ports[number]}",
                                  f"clientPortAddress={HOST}", "admin.enableServer=false", "4lw.commands.whitelist=srvr", *servers]))
        self.launch(number, ["java", "-Xmx1g", "-cp", "/etc/zookeeper/conf:/usr/share/java/zookeeper.jar",
                             "-Dzookeeper.root.logger=WARN,CONSOLE", "-Dzookeeper.log.dir=" + data, "-Dzookeeper.jmx.log4j.disable=true",
                             "org.apache.zookeeper.server.quorum.QuorumPeerMain", config])

    def role(self, number):
        try:
            with socket.create_connection((HOST, self.client_ports[number]), timeout=2) as connection:
                connection.sendall(b"srvr")
                answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
        except OSError:
            return None
        lines = dict(line.split(": ", 1) for line in answer.splitlines() if ": " in line)
        self.version = lines.get("Zookeeper version", "").partition("-")[0]
        return lines.get("Mode")
