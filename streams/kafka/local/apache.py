"""Apache Kafka without Docker: one node from its Maven artifacts, on Java 17 or newer, its data on disk.

Maven fetches the jars that ``pom.xml`` names into the user's cache, once. The node is broker and controller in one
(KRaft), on loopback only, and small: sized for a laptop and for tests, not for a cluster.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.kafka.errors import BrokerError
from streams.kafka.local.classes import ClassArchive
from streams.kafka.local.process import HOST, Child, LocalBroker, check_port, free_port
from streams.kafka.local.secured import Secured

#: Kafka 4's brokers run on Java 17 or newer (KIP-1013).
_JAVA_AT_LEAST = 17
_HERE = Path(__file__).parent
_POM = _HERE / "pom.xml"

#: What the node keeps to itself beyond addresses and directories. Replication can only be 1 on one node; few internal
#: partitions and no initial rebalance delay make it start and form groups quickly; topics come from our own table.
PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "broker.heartbeat.interval.ms": "500",
    # The default of 128 MiB is a quarter of the heap that it gets here.
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "message.max.bytes": str(MAX_MESSAGE_BYTES),
    "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES),
}


class KafkaBroker(LocalBroker):
    """One Kafka node on 127.0.0.1, on ``port`` or on a free one, with its data in ``data_dir``.

    ``secure`` gives it TLS, logins (``users``: name and password, with no rights) and access by ACL; see ``secured``.
    ``session_timeout``: seconds for which the node may say nothing to its own controller before that takes it for gone,
    and for which it waits for its former self after a crash (9 and 12 by Kafka's defaults): on a busy machine, more.

    A context manager that starts and stops it. Started again on the same directory it has everything it had; ``kill``,
    ``pause`` and ``resume`` are for tests of what happens to its clients then.
    """

    name = "Apache Kafka"

    def __init__(
        self,
        port: int | None = None,
        *,
        data_dir: Path | None = None,
        secure: bool = False,
        users: Sequence[tuple[str, str]] = (),
        session_timeout: float = 2.0,
    ) -> None:
        super().__init__(port)
        self._session_timeout = session_timeout
        self.data_dir = (data_dir or default_data_dir()).absolute()
        self.secured = Secured(self.data_dir / "secured", tuple(users)) if secure else None
        #: Where the node answers without encryption and login: its only port, or the one that it keeps to itself.
        self.plain_port = self.port
        self._locked: IO[str] | None = None
        self._classes: ClassArchive | None = None

    def start(self) -> None:
        """Start it and return once it answers: some 3 s, and the download of 45 MB before the first time.

        Raises:
            BrokerError: no Java or Maven, jars that cannot be fetched, a taken port, or a node that does not start.
        """
        if self.running:
            return
        java = _java()
        check_port(self.port)
        jars = ensure_jars()
        self._lock()
        try:
            self._start(java, jars)
        except BaseException:
            self._unlock()
            raise

    def _start(self, java: str, jars: Path) -> None:
        formatted = (self.data_dir / "log" / "meta.properties").exists()
        if formatted and (self.secured is None) == (self.data_dir / "secured").exists():
            made = "without" if self.secured else "with"
            raise BrokerError(
                f"the data in {self.data_dir} was made {made} --secure: start it so, or give another folder."
            )
        if self.secured:
            self.secured.make()
        properties = self._write_properties()
        self._classes = classes = ClassArchive(java, jars)
        options = [
            "-Xmx512m",
            # One thread, and memory for it only: G1, which a JVM on two cores takes, costs 1 s of CPU a start.
            "-XX:+UseSerialGC",
            # The quick compiler only: 2.2 s of CPU a start instead of 3.9, and a node of ours is never the bottleneck.
            "-XX:TieredStopAtLevel=1",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}",
            "-cp",
            str(jars / "*"),
        ]
        if not formatted:
            users = self.secured.format_arguments() if self.secured else []
            _format([java, *classes.read(), *options, "kafka.tools.StorageTool", "format", *users], properties)
        node = [java, *classes.read_or_write(), *options, "kafka.Kafka", str(properties)]
        self._child = Child(node, log=self.data_dir / "kafka.log")
        # 2 to 3 s were measured on an idle machine; recovering a large log after a crash takes longer.
        self._child.wait_until_it_answers(self.plain_port, name=self.name, timeout=90)

    def stop(self) -> None:
        """Stop it in good order; the data stays."""
        self._end(grace=30)

    def kill(self) -> None:
        """End it at once, as a crash would (SIGKILL)."""
        self._end(grace=0)

    def _end(self, grace: float) -> None:
        if self._child is not None:
            code = self._child.stop(grace=grace)
            self._child = None
            if self._classes is not None:
                # A node that halts, for a full disk as well, leaves its archive as it may be; 143 is Java's of SIGTERM.
                self._classes.settle(whole=code in (0, 128 + signal.SIGTERM))
        self._unlock()

    def pause(self) -> None:
        """Stop it from answering without closing its connections (SIGSTOP), as an overloaded machine would."""
        if self._child is not None:
            self._child.signal(signal.SIGSTOP)
            # Return when its last thread stands; WNOWAIT leaves the news, and an exit, to whoever asks next.
            os.waitid(os.P_PID, self._child.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Let a paused one go on."""
        if self._child is not None:
            self._child.signal(signal.SIGCONT)

    def _lock(self) -> None:
        """Kafka has a lock of its own, but a second node harms the first before it gets to it."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._locked = (self.data_dir / "lock").open("w")
        try:
            fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._unlock()
            raise BrokerError(
                f"another broker has its data in {self.data_dir}. Stop that one, or give another folder "
                "(streams broker --data DIR)."
            ) from None

    def _unlock(self) -> None:
        if self._locked is not None:
            self._locked.close()
            self._locked = None

    def _write_properties(self) -> Path:
        # The controller has no clients but this node, so its port need not outlive a start.
        controller = f"{HOST}:{free_port()}"
        properties = PROPERTIES | {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self.data_dir / "log"),
            "broker.session.timeout.ms": str(int(self._session_timeout * 1000)),
        }
        if self.secured:
            self.plain_port = free_port()
            internal = f"{HOST}:{self.plain_port}"
            properties["listeners"] = f"SECURED://{self.bootstrap},INTERNAL://{internal},CONTROLLER://{controller}"
            properties |= self.secured.properties(self.bootstrap, internal)
        path = self.data_dir / "server.properties"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), encoding="utf-8")
        return path


def kafka_version() -> str:
    """The release that ``pom.xml`` pins."""
    found = re.search(r"<kafka\.version>([\d.]+)</kafka\.version>", _POM.read_text(encoding="utf-8"))
    assert found, "pom.xml names kafka.version"
    return found[1]


def default_data_dir() -> Path:
    """Where a local Kafka keeps its log unless told otherwise: the user's data folder (XDG)."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "news-streams" / "kafka"


def ensure_jars() -> Path:
    """The folder with Kafka's jars, fetched by Maven when it is not there yet.

    Raises:
        BrokerError: Maven is missing or cannot fetch them.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "news-streams"
    pom = hashlib.sha256(_POM.read_bytes()).hexdigest()[:8]
    folder = cache / f"kafka-{kafka_version()}-{pom}"
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerError(
            "Apache Kafka's jars are fetched with Maven, and there is no mvn on the PATH. Install Maven "
            "(Debian: apt install maven), use Docker (docker compose up kafka), or the embedded broker: "
            "streams broker --engine embedded."
        )
    cache.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: fetched beside, then renamed.
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as temporary:
        fetched = Path(temporary) / "jars"
        # --strict-checksums: a jar that is not what the repository says it is fails the build.
        command = [maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(_POM)]
        done = subprocess.run(
            [*command, "dependency:copy-dependencies", f"-DoutputDirectory={fetched}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not fetched.is_dir():
            said = (done.stdout + done.stderr).strip().splitlines()[:3]
            raise BrokerError(
                f"Maven could not fetch Apache Kafka {kafka_version()}; is the network (or your mirror in "
                "~/.m2/settings.xml) reachable?" + "".join(f"\n  {line}" for line in said)
            )
        if not folder.is_dir():
            fetched.rename(folder)
    return folder


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    hint = f"Apache Kafka needs Java {_JAVA_AT_LEAST} or newer (Debian: apt install openjdk-17-jre-headless)"
    if java is None:
        where = f"in JAVA_HOME ({home})" if home else "on the PATH"
        raise BrokerError(f"there is no java {where}. {hint}, or use the embedded broker.")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None:
        raise BrokerError(f"{java} -version does not tell a version: {said.strip()!r}. {hint}.")
    if int(found[1]) < _JAVA_AT_LEAST:
        raise BrokerError(f"{java} is Java {found[1]}. {hint}, or set JAVA_HOME to one.")
    return java


def _format(command: list[str], properties: Path) -> None:
    # Any id will do: there is one node. Kafka writes UUIDs as 22 characters of URL-safe base64.
    cluster = uuid.uuid4().hex[:22]
    done = subprocess.run(
        [*command, "--cluster-id", cluster, "--config", str(properties)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BrokerError(f"Kafka could not prepare {properties.parent}: {(done.stdout + done.stderr).strip()}")
