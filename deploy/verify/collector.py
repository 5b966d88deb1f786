"""A collector of OpenTelemetry's own modules with Compose's file gets our spans, and tells what is in them."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tools import CACHE, HERE, ROOT, RefusedError, go, run

from streams.kafka.local.process import free_port, reaches
from streams.runtime.messages import Incoming
from streams.runtime.tracing import create_tracing
from streams.settings import load

CONFIG = ROOT / "deploy" / "collector" / "config.yml"
_TRACE, _PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
#: Seconds for it to start, and for what it prints.
_PATIENCE = 60.0


def collector() -> str:
    """One record's span and its batch's, sent as a stage sends them."""
    program = CACHE / "collector"
    go("build", "-o", program, ".", module=HERE / "collector")
    _must_refuse(program)
    port = free_port()
    # On a port that is free, and on this machine only; all else as the file has it.
    command = [program, "--config", CONFIG, f"--set=receivers.otlp.protocols.http.endpoint=127.0.0.1:{port}"]
    with tempfile.TemporaryFile("w+b") as said:
        process = subprocess.Popen([str(each) for each in command], stdout=said, stderr=said)

        def text() -> str:
            said.seek(0)
            return said.read().decode(errors="replace")

        try:
            _wait(lambda: reaches([f"127.0.0.1:{port}"]), process, text)
            _send(f"http://127.0.0.1:{port}/v1/traces")
            wanted = (
                f"Trace ID       : {_TRACE}",
                f"Parent ID      : {_PARENT}",
                "process news.articles.raw",
                "batch clean",
            )
            _wait(lambda: all(each in text() for each in wanted), process, text)
        finally:
            process.terminate()
            process.wait(30)
        if process.returncode:
            raise RefusedError(f"told to stop, it ended with {process.returncode}:\n{text()}")
    return "a record's span with its producer's as the parent, and its batch's"


def _must_refuse(program: Path) -> None:
    """It does read the file: a pipeline from a receiver that is not there is none."""
    try:
        run(program, "validate", "--config", CONFIG, "--set=service.pipelines.traces.receivers=[oltp]")
    except RefusedError:
        return
    raise RefusedError("the collector takes a receiver that is not there")


def _wait(until: Callable[[], bool], process: subprocess.Popen[bytes], text: Callable[[], str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not until():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RefusedError(f"the collector ended, or got no spans:\n{text()}")
        time.sleep(0.1)


def _send(address: str) -> None:
    tracing = create_tracing(load(traces=address), "clean")
    tracing.processed([
        Incoming(
            topic="news.articles.raw", partition=0, offset=7, key=b"a1", value=b"{}", at=datetime.now(UTC),
            headers=[("traceparent", f"00-{_TRACE}-{_PARENT}-01".encode())],
        )
    ], 0.01)  # fmt: skip
    tracing.close()
