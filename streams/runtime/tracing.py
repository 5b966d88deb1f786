"""Spans of what a stage did with each record, where ``STREAMS_TRACES`` asks for them. Off: nothing is made or imported.

A record's trace comes in its W3C ``traceparent`` and is handed on with the stage's own span as the parent, so that an
article's way from its producer to its story is one trace. Ids follow from the trace and the record's position: a
redelivered record writes the same headers again, as everything else in them does. A record without a trace begins one.
Spans say where a record stood and what it was about by its key; never what is in it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from streams import __version__
from streams.contracts.records import Stage
from streams.runtime.messages import Incoming
from streams.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.util.types import AttributeValue

_SAMPLED = 1
#: Characters of a key that a span tells: ids and hosts are shorter.
_KEY_CHARS = 200


class TracingError(ValueError):
    """Traces are asked for and cannot be made; the message says what to install or set."""


class Tracing(Protocol):
    """What a stage's driver asks of traces."""

    def handed_on(self, message: Incoming) -> bytes | None:
        """The ``traceparent`` of what this message causes; None: none."""

    def processed(self, batch: Sequence[Incoming], seconds: float) -> None:
        """A batch is published and acknowledged, ``seconds`` after it was taken."""

    def close(self) -> None:
        """Send what is still held."""


class Untraced:
    """Hands a trace on as it came, and tells nobody."""

    def handed_on(self, message: Incoming) -> bytes | None:
        return message.trace

    def processed(self, batch: Sequence[Incoming], seconds: float) -> None:
        pass

    def close(self) -> None:
        pass


def create_tracing(settings: Settings, stage: Stage) -> Tracing:
    """The tracing that the settings ask for.

    Raises:
        TracingError: the extra is not installed.
    """
    if not settings.traces:
        return Untraced()
    try:
        return Traced(stage, _processor(settings.traces))
    except ImportError as error:
        raise TracingError(
            f"STREAMS_TRACES is set, but {error.name} is not installed: pip install 'news-streams[tracing]'"
        ) from None


def _processor(where: str) -> SpanProcessor:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor

    class FileExporter(ConsoleSpanExporter):
        def shutdown(self) -> None:
            self.out.close()

    if where.startswith("file:"):
        out = Path(where.removeprefix("file:")).open("a", encoding="utf-8")  # noqa: SIM115 - the exporter closes it
        return SimpleSpanProcessor(FileExporter(out=out, formatter=lambda span: span.to_json(indent=None) + "\n"))
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return BatchSpanProcessor(OTLPSpanExporter(endpoint=where))


class Traced:
    """Makes a span for each record and one for each batch, which links to those of its records."""

    def __init__(self, stage: Stage, processor: SpanProcessor) -> None:
        from opentelemetry.sdk.resources import Resource

        self._stage: Stage = stage
        self._processor = processor
        self._resource = Resource.create({"service.name": f"news-streams-{stage}", "service.version": __version__})

    def handed_on(self, message: Incoming) -> bytes | None:
        trace, flags = _trace(message)
        return f"00-{trace:032x}-{self._span(trace, message):016x}-{flags:02x}".encode()

    def processed(self, batch: Sequence[Incoming], seconds: float) -> None:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

        ended = time.time_ns()
        began = ended - int(seconds * 1e9)
        links = []
        for message in batch:
            trace, flags = _trace(message)
            if not flags & _SAMPLED:
                continue
            context = SpanContext(trace, self._span(trace, message), is_remote=False, trace_flags=TraceFlags(flags))
            came = message.trace
            parent = (
                SpanContext(trace, int(came[36:52], 16), is_remote=True, trace_flags=TraceFlags(flags))
                if came
                else None
            )
            links.append(Link(context))
            about: dict[str, AttributeValue] = {
                "messaging.system": "kafka",
                "messaging.operation.type": "process",
                "messaging.destination.name": message.topic,
                "messaging.destination.partition.id": str(message.partition),
                "messaging.kafka.offset": message.offset,
                "messaging.kafka.message.key": (message.key or b"").decode(errors="replace")[:_KEY_CHARS],
            }
            span = ReadableSpan(
                f"process {message.topic}",
                context,
                parent,
                self._resource,
                about,
                kind=SpanKind.CONSUMER,
                start_time=began,
                end_time=ended,
            )
            self._processor.on_end(span)
        if not links:
            return
        # A trace of its own: a batch is of many articles.
        first = links[0].context
        trace = _number(16, b"batch", f"{self._stage} {first.span_id} {began}".encode())
        context = SpanContext(trace, _number(8, b"batch", str(trace).encode()), False, TraceFlags(_SAMPLED))
        size: dict[str, AttributeValue] = {"messaging.system": "kafka", "messaging.batch.message_count": len(batch)}
        self._processor.on_end(
            ReadableSpan(
                f"batch {self._stage}",
                context,
                None,
                self._resource,
                size,
                links=links,
                kind=SpanKind.INTERNAL,
                start_time=began,
                end_time=ended,
            )
        )

    def close(self) -> None:
        self._processor.shutdown()

    def _span(self, trace: int, message: Incoming) -> int:
        return _number(8, self._stage.encode(), f"{trace} {_place(message)}".encode())


def _trace(message: Incoming) -> tuple[int, int]:
    """Trace id and flags of a message: those it came with, else ones that follow from where it stands."""
    came = message.trace
    # A trace of zeros is none.
    if came is None or not int(came[3:35], 16):
        return _number(16, b"trace", _place(message).encode()), _SAMPLED
    return int(came[3:35], 16), int(came[53:55], 16)


def _place(message: Incoming) -> str:
    return f"{message.topic} {message.partition} {message.offset}"


def _number(size: int, purpose: bytes, of: bytes) -> int:
    """A number of so many bytes, the same for the same input, and never 0 (which is no id)."""
    return int.from_bytes(blake2b(of, digest_size=size, person=purpose[:16]).digest()) or 1
