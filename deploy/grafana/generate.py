"""The Grafana dashboards as code: this table writes ``dashboards/*.json`` (``make docs``; a test compares).

A panel is a title, a unit as Grafana names it, and queries with their legends. All of them are asked of a real
Prometheus in ``tests/deploy/test_alerts_kafka.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
_DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
#: Grafana's grid has 24 columns; a panel takes 8 of them and 8 rows.
_COLUMNS, _WIDTH, _HEIGHT = 24, 8, 8


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    unit: str
    #: (query, legend)
    queries: tuple[tuple[str, str], ...]
    description: str = ""


STAGES = (
    Panel("Records a second", "ops", (("stage:streams_records:rate5m", "{{stage}}"),), "Taken, whatever came of them."),
    Panel("Lag", "short", (("stage:streams_lag_records:sum", "{{stage}}"),), "Records waiting in the input topics."),
    Panel(
        "Time to catch up",
        "s",
        (("stage:streams_lag_seconds:estimate < Inf", "{{stage}}"),),
        "Lag over pace; nothing where there is no lag, or no pace.",
    ),
    Panel(
        "Latency",
        "s",
        (
            ("stage:streams_record_latency_seconds:p50_5m", "{{stage}} median"),
            ("stage:streams_record_latency_seconds:p95_5m", "{{stage}} 95 %"),
        ),
        "From a record's timestamp to the acknowledgement of what it caused.",
    ),
    Panel(
        "Outcomes that are no article",
        "ops",
        (('stage_outcome:streams_records:rate5m{outcome!="published"}', "{{stage}} {{outcome}}"),),
    ),
    Panel(
        "Dead letters by exception",
        "short",
        (("sum by (stage, error) (increase(streams_dead_letters_total[5m])) > 0", "{{stage}} {{error}}"),),
    ),
    Panel("Pool use", "percentunit", (("stage:streams_pool_use:ratio_rate5m", "{{stage}}"),), "1: at its limit."),
    Panel(
        "Batch size",
        "short",
        (
            (
                "sum by (stage) (rate(streams_batch_records_sum[5m])) "
                "/ sum by (stage) (rate(streams_batch_records_count[5m]))",
                "{{stage}}",
            ),
        ),
        "Mean records a batch: full batches mean that the stage is behind.",
    ),
    Panel(
        "State of each worker",
        "short",
        (("streams_stage_state == 1", "{{stage}} {{instance}} {{state}}"),),
    ),
    Panel(
        "Bytes written",
        "Bps",
        (("sum by (topic) (rate(streams_output_bytes_total[5m]))", "{{topic}}"),),
    ),
    Panel(
        "State in memory",
        "short",
        (("sum by (stage, kind) (streams_state_entries)", "{{stage}} {{kind}}"),),
    ),
    Panel(
        "Restarts and restores",
        "short",
        (
            ("sum by (stage) (increase(streams_pool_restarts_total[15m]))", "{{stage}} pool restarts"),
            ("sum by (stage) (increase(streams_restores_total[15m]))", "{{stage}} restores"),
            ("sum by (stage) (increase(streams_state_rebuilds_total[15m]))", "{{stage}} rebuilds"),
        ),
    ),
    Panel("Memory of the workers", "bytes", (('process_resident_memory_bytes{job="news-streams"}', "{{instance}}"),)),
    Panel(
        "Seconds since the last commit", "s", (("streams_progress_age_seconds", "{{stage}} {{instance}}"),), "With lag."
    ),
    Panel(
        "Releases", "short", (("count by (version, schema) (streams_build_info)", "{{version}}, schema {{schema}}"),)
    ),
)

STORIES = (
    Panel(
        "Events of stories",
        "ops",
        (("sum by (type) (rate(streams_story_events_total[5m]))", "{{type}}"),),
    ),
    Panel(
        "Links between stories",
        "ops",
        (("sum by (change) (rate(streams_story_links_total[1h]))", "{{change}}"),),
    ),
    Panel("Open stories", "short", (("sum(streams_stories_open)", "open"),)),
    Panel("Articles that start a story", "percentunit", (("stories:created:ratio_rate1h", "share"),)),
    Panel(
        "Distance of decisions from the threshold",
        "short",
        (("stories:decision_margin:mean_1h", "mean"),),
        "A mean that falls says that the model meets news it was not made for.",
    ),
    Panel("Share rejected", "percentunit", (("stage:streams_rejected:ratio_rate30m", "{{stage}}"),)),
    Panel(
        "Rejections by reason",
        "ops",
        (("sum by (reason) (rate(streams_rejections_total[30m]))", "{{reason}}"),),
    ),
    Panel("Languages", "percentunit", (("language:streams_articles:ratio_rate1h", "{{language}}"),)),
    Panel("Alerts", "short", (("sum(increase(streams_alerts_total[15m]))", "given"),), "In fifteen minutes."),
    Panel("Messages to people", "ops", (("sum by (outcome) (rate(streams_notices_total[15m]))", "{{outcome}}"),)),
    Panel("Alerts still to go out", "short", (("sum(streams_notice_waiting_entries)", "waiting"),)),
    Panel("Watches", "short", (("max by (state) (streams_watch_entries)", "{{state}}"),)),
)

FOLLOW = (
    Panel(
        "Requests by outcome",
        "ops",
        (("sum by (target, outcome) (rate(streams_follow_requests_total[5m]))", "{{target}} {{outcome}}"),),
    ),
    Panel("Records a second", "ops", (("sum by (kind) (rate(streams_follow_records_total[5m]))", "{{kind}}"),)),
    Panel("Bytes received", "Bps", (("sum(rate(streams_follow_bytes_total[5m]))", "compressed"),)),
    Panel(
        "How late sources are asked",
        "s",
        (("histogram_quantile(0.95, sum by (le) (rate(streams_follow_late_seconds_bucket[15m])))", "95 %"),),
        "A rising value says that another follower is wanted.",
    ),
    Panel("Sources", "short", (("sum by (state) (streams_follow_source_entries)", "{{state}}"),)),
)

DASHBOARDS = {
    "stages": ("News Streams: stages", STAGES),
    "stories": ("News Streams: stories and quality", STORIES),
    "follow": ("News Streams: sources", FOLLOW),
}


def queries() -> Iterator[str]:
    """Every query of every panel."""
    for _, panels in DASHBOARDS.values():
        for panel in panels:
            yield from (query for query, _ in panel.queries)


def files() -> Iterator[tuple[Path, bytes]]:
    """Every generated file with its content."""
    for name, (title, panels) in DASHBOARDS.items():
        dashboard = {
            "uid": f"news-streams-{name}",
            "title": title,
            "tags": ["news-streams"],
            "timezone": "browser",
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "refresh": "15s",
            "time": {"from": "now-6h", "to": "now"},
            "panels": [_panel(index, panel) for index, panel in enumerate(panels)],
        }
        text = json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"
        yield FOLDER / f"{name}.json", text.encode()


def _panel(index: int, panel: Panel) -> dict[str, Any]:
    across = _COLUMNS // _WIDTH
    return {
        "id": index + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATASOURCE,
        "gridPos": {"x": index % across * _WIDTH, "y": index // across * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": _DATASOURCE, "expr": query, "legendFormat": legend}
            for number, (query, legend) in enumerate(panel.queries)
        ],
    }


def main() -> None:
    for path, content in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
