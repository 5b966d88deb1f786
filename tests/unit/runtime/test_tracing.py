"""Traces: off, they cost and change nothing; on, each record has a span whose ids follow from where it stood."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from log_in_memory import BODY, Log, clean_stage, drive, message

from streams.contracts import headers
from streams.contracts.records import RawArticle
from streams.metrics import Metrics
from streams.runtime.messages import Incoming
from streams.runtime.tracing import Traced, TracingError, Untraced, create_tracing
from streams.settings import SettingsError, load

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CAME = (headers.TRACEPARENT, f"00-{TRACE}-{PARENT}-01".encode())


def spans(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def traced(path: Path) -> Traced:
    made = create_tracing(load(traces=f"file:{path}"), "clean")
    assert isinstance(made, Traced)
    return made


def test_off_is_off_and_hands_on_what_came(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    off = create_tracing(load(), "clean")
    assert isinstance(off, Untraced)
    assert off.handed_on(message("articles.raw", 0, b"x", extra=[CAME])) == CAME[1]
    assert off.handed_on(message("articles.raw", 0, b"x")) is None


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with pytest.raises(TracingError, match=r"news-streams\[tracing\]"):
        create_tracing(load(traces=f"file:{tmp_path}/spans"), "clean")
    with pytest.raises(SettingsError, match="STREAMS_TRACES"):
        load(traces="somewhere")


async def test_what_a_record_causes_has_its_span_as_the_parent_and_again_the_same(tmp_path):
    written = []
    for _ in range(2):
        tracing, log = traced(tmp_path / "spans"), Log()
        stage = clean_stage(log, Metrics())
        stage.outcomes.trace = tracing.handed_on
        batch = [message("articles.raw", 7, RawArticle(id="a", content=BODY), extra=[CAME])]
        await drive(stage, log, batch)
        tracing.processed(batch, 0.5)
        tracing.close()
        written.append(dict(log.on("articles.clean")[0].headers)[headers.TRACEPARENT].decode())
    assert written[0] == written[1]
    _, trace, parent, flags = written[0].split("-")
    assert (trace, flags) == (TRACE, "01")
    process, batch_span, again, _ = spans(tmp_path / "spans")
    assert process["name"] == "process news.articles.raw"
    assert process["context"]["trace_id"] == f"0x{TRACE}"
    assert process["context"]["span_id"] == f"0x{parent}" == again["context"]["span_id"]
    assert process["parent_id"] == f"0x{PARENT}"
    assert [link["context"]["span_id"] for link in batch_span["links"]] == [f"0x{parent}"]
    assert batch_span["context"]["trace_id"] != process["context"]["trace_id"]
    assert BODY[:20] not in (tmp_path / "spans").read_text()


def test_a_record_without_a_trace_begins_one_that_follows_from_its_place(tmp_path):
    tracing = traced(tmp_path / "spans")
    one, other = (tracing.handed_on(message("articles.raw", offset, b"x")) for offset in (1, 2))
    assert one == tracing.handed_on(message("articles.raw", 1, b"something else"))
    assert one != other
    for made in (one, other):
        assert headers.valid_trace(made) == made
    tracing.processed([message("articles.raw", 1, b"x")], 0.1)
    tracing.close()
    assert spans(tmp_path / "spans")[0]["parent_id"] is None


@pytest.mark.parametrize("came", [b"\xff", b"00-zz", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"])
def test_a_trace_that_is_none_is_passed_over(came, tmp_path):
    tracing = traced(tmp_path / "spans")
    odd = Incoming(topic="t", partition=0, offset=0, key=b"\xff" * 5000, value=None,
                   headers=[(headers.TRACEPARENT, came)])  # fmt: skip
    made = tracing.handed_on(odd)
    assert made is not None
    assert headers.valid_trace(made)
    assert int(made[3:35], 16)
    tracing.processed([odd], 0.1)
    tracing.close()
    assert len(spans(tmp_path / "spans")) == 2


def test_what_is_not_sampled_is_handed_on_and_not_told(tmp_path):
    tracing = traced(tmp_path / "spans")
    quiet = message("articles.raw", 1, b"x", extra=[(headers.TRACEPARENT, f"00-{TRACE}-{PARENT}-00".encode())])
    assert (tracing.handed_on(quiet) or b"").endswith(b"-00")
    tracing.processed([quiet], 0.1)
    tracing.close()
    assert spans(tmp_path / "spans") == []


def test_tracing_is_not_imported_where_it_is_off() -> None:
    program = "import sys, streams.runtime.faust.app; sys.exit('opentelemetry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
