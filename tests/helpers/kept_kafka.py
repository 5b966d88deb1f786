"""A Kafka for the processes that share it, kept by one of its own until the last of them lets go.

``python kept_kafka.py FOLDER KIND`` is that process; ``Kept`` is what the others see of it. Who uses it holds a shared
lock on a file of the folder, which ends with them whatever becomes of them; the keeper waits for the lock alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from secured import USERS

from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import PROPERTIES, KafkaBroker, kafka_version
from streams.kafka.local.process import answers, free_port

Kind = Literal["plain", "secured"]
#: Seconds for which it may be too busy to answer itself: tests make topics by the hundred, on a machine full of others.
_BUSY = 60.0


@dataclass(frozen=True, slots=True)
class Kafka:
    """Where one is: ``host:port`` for clients; its port, and the one where it answers without encryption and login."""

    bootstrap: str
    port: int
    plain_port: int


class Kept:
    """The Kafka of a kind that the processes with this ``folder`` share: started by the first that asks for it."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._folder, self._kind = folder / kind, kind
        self._lease: IO[str] | None = None
        self._keepers: list[subprocess.Popen[bytes]] = []

    @property
    def folder(self) -> Path:
        """Where it has its files."""
        return self._folder

    def take(self) -> Kafka:
        """Where it is; it runs until it is let go. Raises ``BrokerError``: it cannot be had."""
        if self._lease is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lease = _locked(self._folder / "lease", fcntl.LOCK_SH)
        state = self._folder / "state.json"
        with _locked(self._folder / "starting", fcntl.LOCK_EX):
            if not state.exists():
                command = [sys.executable, __file__, str(self._folder), self._kind]
                with (self._folder / "keeper.log").open("ab") as log:
                    self._keepers.append(
                        subprocess.Popen(
                            command,
                            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                            stdin=subprocess.DEVNULL,
                            stdout=log,
                            stderr=log,
                            # Ctrl-C is for those who use it.
                            start_new_session=True,
                        )
                    )
                while not state.exists():
                    if self._keepers[-1].poll() is not None:
                        raise BrokerError(f"its keeper ended: {(self._folder / 'keeper.log').read_text()[-2000:]}")
                    time.sleep(0.05)
        told = json.loads(state.read_text())
        if "error" in told:
            raise BrokerError(told["error"])
        return Kafka(**told)

    def let_go(self) -> None:
        """The last to do so ends it. Whoever asks again, has it again."""
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    def close(self) -> None:
        """Let go, and wait for the end of what this process started."""
        self.let_go()
        for keeper in self._keepers:
            keeper.wait()


def _locked(path: Path, how: int) -> IO[str]:
    file = path.open("w")
    fcntl.flock(file, how)
    return file


def _keep(folder: Path, kind: Kind) -> None:
    state = folder / "state.json"
    with contextlib.ExitStack() as stack:
        try:
            if kind == "plain" and _docker_answers():
                kept = stack.enter_context(_container())
            else:
                broker = KafkaBroker(data_dir=folder, secure=kind == "secured", users=USERS, session_timeout=_BUSY)
                stack.enter_context(broker)
                kept = Kafka(broker.bootstrap, broker.port, broker.plain_port)
            told: dict[str, object] = asdict(kept)
        except BrokerError as error:
            told = {"error": f"{error} (And no Docker engine answers.)" if kind == "plain" else str(error)}
        written = state.with_suffix(".new")
        written.write_text(json.dumps(told))
        written.replace(state)
        # Until nobody uses it; who asks from here on waits until it has gone, and starts another.
        with _locked(folder / "lease", fcntl.LOCK_EX):
            stack.close()
            state.unlink()


def _docker_answers() -> bool:
    import docker

    with warnings.catch_warnings():
        # The client does not close its socket when nobody answers; collected here, where that is no news.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with contextlib.closing(docker.from_env(timeout=5)) as client:
                return bool(client.ping())
        except (docker.errors.DockerException, OSError):
            return False
        finally:
            gc.collect()


@contextlib.contextmanager
def _container() -> Iterator[Kafka]:
    """The official image with the properties that the local broker has, on a port of this host."""
    from testcontainers.core.container import DockerContainer

    port = free_port()
    container = DockerContainer(f"apache/kafka:{kafka_version()}").with_bind_ports(9092, port)
    host = container.get_container_host_ip()
    properties = PROPERTIES | {
        "listeners": "PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "controller.quorum.voters": "1@localhost:9093",
        "broker.session.timeout.ms": str(int(_BUSY * 1000)),
    }
    for name, value in properties.items():
        container = container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
    with container.with_env("KAFKA_HEAP_OPTS", "-Xmx512m"):
        deadline = time.monotonic() + 90
        while not answers(port, host):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kafka's container does not answer at {host}:{port}")
            time.sleep(0.1)
        yield Kafka(f"{host}:{port}", port, port)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), "secured" if sys.argv[2] == "secured" else "plain")
