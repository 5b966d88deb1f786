"""A broker as a child process: start it, wait until it answers, stop it, and never leave it behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from streams.kafka.errors import BrokerError

HOST = "127.0.0.1"

#: Runs in the child before the broker takes its place: ask Linux to end it with its parent (prctl(2),
#: PR_SET_PDEATHSIG = 1). Done here and not in ``preexec_fn``, which may deadlock once the parent has threads.
_WITH_PARENT = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != parent:
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def free_port() -> int:
    """A TCP port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def check_port(port: int) -> None:
    """Raises ``BrokerError`` when somebody listens on ``port`` already."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections still linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise BrokerError(
                f"cannot listen on {HOST}:{port}: {error.strerror}. "
                "Stop what runs there, or give another port (streams broker --port N)."
            ) from None


def reaches(servers: Iterable[str]) -> bool:
    """Whether any of the servers (``host:port``) takes a connection: whatever is said on it, encrypted or not."""
    for server in servers:
        host, _, port = server.rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), timeout=1):
            return True
    return False


def answers(port: int, host: str = HOST) -> bool:
    """Whether a Kafka broker answers a metadata request and knows itself to be in the cluster.

    One request of the Kafka protocol by hand (Metadata, version 0), as it needs neither a client nor an event loop.
    """
    body = struct.pack(">hhihi", 3, 0, 1, -1, 0)  # api key, version, correlation id, no client id, no topics named
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            reply = b""
            while len(reply) < 12:
                more = connection.recv(12 - len(reply))
                if not more:
                    return False
                reply += more
    except OSError:
        return False
    _, correlation, brokers = struct.unpack(">iii", reply)
    return bool(correlation == 1 and brokers >= 1)


class Child:
    """One broker process in a process group of its own, so that Ctrl-C reaches its owner first.

    Its output goes to ``log``, or nowhere. On Linux the kernel ends it when the thread that started it dies, which
    is asked for from the main thread only; elsewhere only ``stop`` ends it.
    """

    def __init__(self, command: Sequence[str], *, log: Path | None, env: Mapping[str, str] | None = None) -> None:
        self._log = log
        if sys.platform == "linux" and threading.current_thread() is threading.main_thread():
            command = [sys.executable, "-I", "-S", "-c", _WITH_PARENT, str(os.getpid()), *command]
        output = log.open("wb") if log else None
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output or subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                env=env,
                process_group=0,
            )
        finally:
            if output:
                output.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_until_it_answers(self, port: int, *, name: str, timeout: float) -> None:
        """Returns when the broker at ``port`` answers; else stops it and raises ``BrokerError`` with its last words."""
        deadline = time.monotonic() + timeout
        pause = 0.005
        while not answers(port):
            if not self.running:
                raise BrokerError(
                    f"{name} ended with code {self._process.returncode} at its start.{self._last_words()}"
                )
            if time.monotonic() > deadline:
                self.stop(grace=0)
                raise BrokerError(f"{name} did not answer on {HOST}:{port} within {timeout:g} s.{self._last_words()}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)

    def stop(self, *, grace: float = 10.0) -> int:
        """SIGTERM, and SIGKILL after ``grace`` seconds; its exit code. Harmless when it has ended."""
        if self.running and grace > 0:
            self.signal(signal.SIGCONT)  # a stopped process would never see the SIGTERM
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        if self.running:
            self.signal(signal.SIGKILL)
        return self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        if self.running:
            os.killpg(self._process.pid, number)

    def _last_words(self) -> str:
        if self._log is None or not self._log.exists():
            return ""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        telling = [line for line in lines if "ERROR" in line or "FATAL" in line or "Exception" in line] or lines
        return "".join(f"\n  {line}" for line in telling[-5:]) + f"\nIts log: {self._log}"


class LocalBroker(ABC):
    """A broker on 127.0.0.1, on ``port`` or on a free one: a child of this process, and a context manager."""

    name: str

    def __init__(self, port: int | None) -> None:
        self.port = port or free_port()
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """``host:port`` for a client's bootstrap servers."""
        return f"{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @abstractmethod
    def start(self) -> None:
        """Start it and return once it answers; raises ``BrokerError``."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it in good order."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
