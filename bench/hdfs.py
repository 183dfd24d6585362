"""NameNodes to be measured beside our masters: as they are installed, with their data on the disk, started from Hadoop's own
classes by Hadoop's own main functions."""
import os
import subprocess
import xml.sax.saxutils

from daemons import Daemon, Failure, Group, demand_free, wait_until

NAME_NODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
JOURNAL_NODE = "org.apache.hadoop.hdfs.qjournal.server.JournalNode"
ADMIN = "org.apache.hadoop.hdfs.tools.DFSHAAdmin"
SHELL = "org.apache.hadoop.fs.FsShell"
# Errors only: a NameNode that writes an audit log would be slower. The benchmark prints its results through its log.
LOGGING = """log4j.rootLogger=ERROR,console
log4j.logger.org.apache.hadoop.hdfs.server.namenode.NNThroughputBenchmark=INFO
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%p %c{1}: %m%n
"""


def write_configuration(directory, settings):
    """A directory for the class path."""
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "log4j.properties"), "w") as out:
        out.write(LOGGING)
    for name in ("core-site.xml", "hdfs-site.xml"):
        with open(os.path.join(directory, name), "w") as out:
            out.write("<configuration>\n")
            for key, value in settings.items():
                out.write(f"<property><name>{key}</name><value>{xml.sax.saxutils.escape(str(value))}</value></property>\n")
            out.write("</configuration>\n")


class Java:
    """Runs classes of Hadoop's; `configuration` is a directory from write_configuration."""

    def __init__(self, class_path):
        self.class_path = class_path

    def command(self, configuration, main, *arguments, heap="1g"):
        return ["java", f"-Xmx{heap}", f"-Dhadoop.log.dir={configuration}", "-cp", f"{configuration}:{self.class_path}",
                main, *arguments]

    def run(self, configuration, main, *arguments, seconds=120):
        done = subprocess.run(self.command(configuration, main, *arguments), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=seconds)
        if done.returncode != 0:
            raise Failure(f"{main.rpartition('.')[2]} {' '.join(arguments)} failed:\n"
                          f"{done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout


class NameNode(Group):
    """A NameNode, freshly formatted, with three JournalNodes where `journals` is set; ports from `port_base`, eight of
    them. `address` takes clients."""

    def __init__(self, java, directory, port_base, journals, heap="3g"):
        self.java, self.heap, self.journals = java, heap, journals
        self.home = os.path.join(directory, "namenode-journals" if journals else "namenode")
        self.configuration = os.path.join(self.home, "conf")
        demand_free(range(port_base, port_base + 8))
        self.address = f"127.0.0.1:{port_base}"
        self.name_directory = os.path.join(self.home, "name")
        settings = {
            "fs.defaultFS": f"hdfs://{self.address}",
            "hadoop.tmp.dir": os.path.join(self.home, "tmp"),
            "dfs.namenode.name.dir": "file://" + self.name_directory,
            # The benchmark's blocks have 16 bytes.
            "dfs.namenode.fs-limits.min-block-size": 0,
            "dfs.namenode.safemode.extension": 0,
            # As many as the benchmark has threads: more calls share one write of the log than with the default of 10.
            "dfs.namenode.handler.count": 64,
        }
        self.daemons = []
        if journals:
            settings |= {
                "fs.defaultFS": "hdfs://cluster",
                "dfs.nameservices": "cluster",
                "dfs.ha.namenodes.cluster": "a,b",
                "dfs.namenode.rpc-address.cluster.a": self.address,
                "dfs.namenode.http-address.cluster.a": f"127.0.0.1:{port_base + 1}",
                # The standby is not run: it takes part in no write.
                "dfs.namenode.rpc-address.cluster.b": f"127.0.0.1:{port_base + 2}",
                "dfs.namenode.http-address.cluster.b": f"127.0.0.1:{port_base + 3}",
                "dfs.ha.namenode.id": "a",
                "dfs.ha.fencing.methods": "shell(/bin/true)",
                "dfs.client.failover.proxy.provider.cluster":
                    "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider",
            }
            self.start_journals(directory, settings)
        else:
            settings |= {"dfs.namenode.rpc-address": self.address,
                         "dfs.namenode.http-address": f"127.0.0.1:{port_base + 1}"}
        write_configuration(self.configuration, settings)
        try:
            java.run(self.configuration, NAME_NODE, "-format", "-nonInteractive")
            self.start()
        except BaseException:
            self.stop()
            raise

    def start_journals(self, directory, settings):
        # The kernel chooses their ports; each says in its log directory which they are only in words, so they are chosen here.
        ports = []
        base = int(self.address.rpartition(":")[2]) + 8
        demand_free(range(base, base + 6))
        for i in range(3):
            home = os.path.join(directory, f"journal-{i + 1}")
            configuration = os.path.join(home, "conf")
            ports.append(base + 2 * i)
            write_configuration(configuration, {
                "dfs.journalnode.edits.dir": os.path.join(home, "edits"),
                "dfs.journalnode.rpc-address": f"127.0.0.1:{base + 2 * i}",
                "dfs.journalnode.http-address": f"127.0.0.1:{base + 2 * i + 1}",
                "hadoop.tmp.dir": os.path.join(home, "tmp"),
            })
            self.daemons.append(Daemon(f"JournalNode {i + 1}", self.java.command(configuration, JOURNAL_NODE),
                                       os.path.join(home, "log")))
        settings["dfs.namenode.shared.edits.dir"] = (
            "qjournal://" + ";".join(f"127.0.0.1:{port}" for port in ports) + "/cluster")
        for port in ports:
            wait_until("a JournalNode does not listen", self.daemons, 60, lambda port=port: listens(port))

    def start(self):
        self.daemons.append(Daemon("NameNode", self.java.command(self.configuration, NAME_NODE, heap=self.heap),
                                   os.path.join(self.home, "log")))
        port = int(self.address.rpartition(":")[2])
        wait_until("the NameNode does not listen", self.daemons, 300, lambda: listens(port))
        if self.journals:
            self.java.run(self.configuration, ADMIN, "-ns", "cluster", "-transitionToActive", "--forceactive", "a")


def listens(port):
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as lines:
            for line in lines:
                fields = line.split()
                if fields[3] == "0A" and fields[1].endswith(f":{port:04X}"):
                    return True
    return None
