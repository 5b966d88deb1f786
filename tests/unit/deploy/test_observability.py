"""Rules, dashboards, runbooks and their tests against metrics and topology: they speak of what there is.

That rules and queries are right is promtool's and a real Prometheus' to say (`make verify-deploy`, and
``tests/deploy/test_alerts_kafka.py``).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from module_at import ROOT, module_at

from streams.contracts.topology import STAGES
from streams.metrics import METRICS

GRAFANA = module_at("deploy/grafana/generate.py")
FOLDER = ROOT / "deploy" / "prometheus"


def load(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def rules(name: str) -> list[dict[str, Any]]:
    return [rule for group in load(name)["groups"] for rule in group["rules"]]


ALERTS, RECORDED = rules("alerts.yml"), rules("recording.yml")


def exposed() -> set[str]:
    """Names of series as they are scraped."""
    names = {"up", "process_start_time_seconds", "process_resident_memory_bytes"}
    for metric in METRICS:
        ends = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        names |= {metric.name + end for end in ends}
    return names


def unknown(expression: str) -> set[str]:
    """What an expression reads that nothing exposes or records."""
    recorded = {rule["record"] for rule in RECORDED}
    bare = re.sub(r"\{[^}]*\}|\"[^\"]*\"", "", expression)
    read = set(re.findall(r"\b(?:streams_\w+|process_\w+|\w+(?::\w+)+)\b", bare))
    return read - exposed() - recorded


@pytest.mark.parametrize("rule", [*ALERTS, *RECORDED], ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_reads_what_there_is(rule: dict[str, Any]) -> None:
    assert re.search(r"streams_|process_|:", rule["expr"])
    assert unknown(rule["expr"]) == set()


def test_a_rule_of_something_else_would_be_seen() -> None:
    assert unknown("rate(streams_nothing_total[5m]) > stage:streams_no:rate") == {
        "streams_nothing_total",
        "stage:streams_no:rate",
    }


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_runbook_a_severity_and_a_test(rule: dict[str, Any]) -> None:
    page = ROOT / rule["annotations"]["runbook"]
    assert page.stem == rule["alert"]
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {rule['alert']}\n")
    assert "\n## Look\n" in text
    assert "\n## Mend\n" in text
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    cases = [
        case
        for test in load("alerts_test.yml")["tests"]
        for case in test["alert_rule_test"]
        if case["alertname"] == rule["alert"]
    ]
    assert {bool(case["exp_alerts"]) for case in cases} == {True, False}, "must be shown to fire, and not to"


def test_no_runbook_is_left_over() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "runbooks").glob("Streams*.md")}
    assert pages == {rule["alert"] for rule in ALERTS}
    linked = (ROOT / "docs" / "how-to" / "observe.md").read_text(encoding="utf-8")
    assert all(f"../runbooks/{page}.md" in linked for page in pages)


def test_every_stage_is_missed_when_it_is_down() -> None:
    (down,) = (rule for rule in ALERTS if rule["alert"] == "StreamsStageDown")
    assert set(re.findall(r'absent\(streams_stage_state\{stage="([\w-]+)"', down["expr"])) == set(STAGES)


def test_dashboards_are_what_the_table_says_and_read_what_there_is() -> None:
    generated = dict(GRAFANA.files())
    assert set(GRAFANA.FOLDER.glob("*.json")) == set(generated)
    for path, content in generated.items():
        assert path.read_bytes() == content, f"{path} is out of date: run make docs"
        ids = [panel["id"] for panel in json.loads(content)["panels"]]
        assert len(ids) == len(set(ids))
    assert {query: unknown(query) for query in GRAFANA.queries() if unknown(query)} == {}


def test_every_metric_is_seen_somewhere() -> None:
    """On a dashboard or by a rule; what is only there to be asked for is named here."""
    for_questions = {"streams_input_age_seconds", "streams_input_bytes_total", "streams_topic_partitions",
                     "streams_batch_seconds", "streams_restore_seconds", "streams_restored_records_total"}  # fmt: skip
    read = " ".join([*(rule["expr"] for rule in [*ALERTS, *RECORDED]), *GRAFANA.queries()])
    assert {metric.name for metric in METRICS if metric.name not in read} == for_questions
