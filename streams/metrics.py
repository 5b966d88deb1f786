"""Every metric: name, kind, labels, and why it exists. One table; the reference page is generated from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    why: str


METRICS: tuple[Metric, ...] = (
    Metric(
        name="streams_records_total",
        kind="counter",
        labels=("stage", "outcome"),
        why="Every input record once, by what became of it (published, rejected, dead_letter, nothing): "
        "the outcomes of a stage add up to its input.",
    ),
    Metric(
        name="streams_rejections_total",
        kind="counter",
        labels=("stage", "reason"),
        why="Rejected articles by reason: a jump says that a crawler or an outlet's layout has changed.",
    ),
    Metric(
        name="streams_dead_letters_total",
        kind="counter",
        labels=("stage", "error"),
        why="Dead letters by exception class: anything above zero wants a look.",
    ),
    Metric(
        name="streams_batch_seconds",
        kind="histogram",
        labels=("stage",),
        why="Time from taking a batch to its last acknowledgement; the stage's latency under load.",
    ),
    Metric(
        name="streams_batch_records",
        kind="histogram",
        labels=("stage",),
        why="Records a batch: full batches mean that the stage is behind.",
    ),
    Metric(
        name="streams_input_age_seconds",
        kind="gauge",
        labels=("stage",),
        why="Age of the newest processed record when its batch was done: end-to-end delay up to this stage.",
    ),
    Metric(
        name="streams_lag",
        kind="gauge",
        labels=("stage",),
        why="Records waiting in the partitions of this worker: what autoscaling should look at.",
    ),
    Metric(
        name="streams_progress_age_seconds",
        kind="gauge",
        labels=("stage",),
        why="Seconds since the last commit, where there is lag: what the watchdog looks at.",
    ),
    Metric(
        name="streams_restores_total",
        kind="counter",
        labels=("stage",),
        why="State restored from Kafka, once a partition and assignment; many mean that the group is unstable.",
    ),
    Metric(
        name="streams_state_rebuilds_total",
        kind="counter",
        labels=("stage",),
        why="State built anew from the logs, once a partition: its rows were lost, unreadable, or of another version.",
    ),
    Metric(
        name="streams_topic_partitions",
        kind="gauge",
        labels=("stage", "topic"),
        why="Partitions of each topic that a stage reads and writes, at its start; where they differ, some were added.",
    ),
    Metric(
        name="streams_gap_records_total",
        kind="counter",
        labels=("stage",),
        why="Records that retention deleted before the stage had read them: lost, for a stage was behind too long.",
    ),
    Metric(
        name="streams_pool_restarts_total",
        kind="counter",
        labels=("stage",),
        why="Worker pools that died or hung and were made anew.",
    ),
)

#: Seconds; from one small article to a full batch of long ones.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_RECORDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """The live metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in METRICS:
            if metric.kind == "counter":
                self._counters[metric.name] = Counter(metric.name, metric.why, metric.labels, registry=self.registry)
            elif metric.kind == "gauge":
                self._gauges[metric.name] = Gauge(metric.name, metric.why, metric.labels, registry=self.registry)
            else:
                buckets = _SECONDS if metric.name.endswith("_seconds") else _RECORDS
                self._histograms[metric.name] = Histogram(
                    metric.name, metric.why, metric.labels, registry=self.registry, buckets=buckets
                )

    def count(self, name: str, amount: float = 1, /, **labels: str) -> None:
        self._counters[name].labels(**labels).inc(amount)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        self._gauges[name].labels(**labels).set(value)

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        self._histograms[name].labels(**labels).observe(value)

    def value(self, name: str, /, **labels: str) -> float:
        """The current value of a counter or gauge; 0 where nothing was counted yet."""
        return self.registry.get_sample_value(name, labels) or 0.0

    def expose(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
