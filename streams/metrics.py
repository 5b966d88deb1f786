"""Every metric: name, kind, labels, and why it exists. One table; the reference page is generated from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    why: str
    #: Upper bounds of a histogram's buckets, in the unit of its name.
    buckets: tuple[float, ...] = ()


#: Seconds; from one small article to a full batch of long ones.
_BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
#: Seconds; from an idle stage (a commit or two) to one that was behind for a day.
_WAIT_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
#: Seconds; from an empty partition to a million articles (about 8 s per 100,000).
_RESTORE_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_RECORDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
#: Between a decision's score and its threshold, both probabilities.
_MARGINS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1)

#: What may become of an input record.
OUTCOMES = ("published", "rejected", "dead_letter", "nothing", "redelivered")
#: What may become of a link between stories.
LINK_CHANGES = ("follows", "followed", "related", "gone")

METRICS: tuple[Metric, ...] = (
    Metric(
        name="streams_records_total",
        kind="counter",
        labels=("stage", "outcome"),
        why="Every input record once, by what became of it (" + ", ".join(OUTCOMES) + "): "
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
        buckets=_BATCH_SECONDS,
    ),
    Metric(
        name="streams_batch_records",
        kind="histogram",
        labels=("stage",),
        why="Records a batch: full batches mean that the stage is behind.",
        buckets=_RECORDS,
    ),
    Metric(
        name="streams_record_latency_seconds",
        kind="histogram",
        labels=("stage",),
        why="From a record's timestamp to the acknowledgement of all that it caused: waiting and work.",
        buckets=_WAIT_SECONDS,
    ),
    Metric(
        name="streams_input_age_seconds",
        kind="gauge",
        labels=("stage",),
        why="Age of the newest processed record when its batch was done: end-to-end delay up to this stage.",
    ),
    Metric(
        name="streams_input_bytes_total",
        kind="counter",
        labels=("stage",),
        why="Bytes of the values taken; with the records, how large articles are.",
    ),
    Metric(
        name="streams_output_bytes_total",
        kind="counter",
        labels=("stage", "topic"),
        why="Bytes published by topic (without its prefix), uncompressed, with headers: what the cluster stores.",
    ),
    Metric(
        name="streams_lag_records",
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
        name="streams_stage_state",
        kind="gauge",
        labels=("stage", "state"),
        why="1 for the state that `/ready` tells (starting, recovering, ready, stalled), 0 for the others.",
    ),
    Metric(
        name="streams_restores_total",
        kind="counter",
        labels=("stage",),
        why="State restored from Kafka, once a partition and assignment; many mean that the group is unstable.",
    ),
    Metric(
        name="streams_restore_seconds",
        kind="histogram",
        labels=("stage",),
        why="How long restoring the state of one partition took: what a restart costs.",
        buckets=_RESTORE_SECONDS,
    ),
    Metric(
        name="streams_restored_records_total",
        kind="counter",
        labels=("stage",),
        why="Records read back to restore state: grows while a stage is recovering, or recovery hangs.",
    ),
    Metric(
        name="streams_state_entries",
        kind="gauge",
        labels=("stage", "kind"),
        why="Articles (of `cluster` also stories) whose state this worker holds in memory: what its memory grows with.",
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
        why="Pool processes that died or hung and were made anew.",
    ),
    Metric(
        name="streams_pool_workers",
        kind="gauge",
        labels=("stage",),
        why="Processes in the stage's pool.",
    ),
    Metric(
        name="streams_pool_busy_seconds_total",
        kind="counter",
        labels=("stage",),
        why="Seconds that pool processes had work in hand; the rate over the workers is the pool's use.",
    ),
    Metric(
        name="streams_articles_total",
        kind="counter",
        labels=("stage", "language"),
        why="Articles published by cleaning, by language: a mix that shifts says that crawlers or the world did.",
    ),
    Metric(
        name="streams_story_events_total",
        kind="counter",
        labels=("stage", "type"),
        why="Events of stories as decided (created, joined, revised, merged, split, closed, reopened, retracted).",
    ),
    Metric(
        name="streams_story_links_total",
        kind="counter",
        labels=("stage", "change"),
        why="Links between stories as decided: new ones by their kind ("
        + ", ".join(LINK_CHANGES[:-1])
        + "), and those that are gone.",
    ),
    Metric(
        name="streams_stories_open",
        kind="gauge",
        labels=("stage",),
        why="Stories that take articles, in the partitions that this worker has restored.",
    ),
    Metric(
        name="streams_decision_margin",
        kind="histogram",
        labels=("stage", "type"),
        why="How far the score of a decision to join or to create was from the threshold (0 to 1): a falling mean says "
        "that the model meets news it was not made for.",
        buckets=_MARGINS,
    ),
    Metric(
        name="streams_alerts_total",
        kind="counter",
        labels=("stage",),
        why="Alerts published, each once for a watch, a story and a condition (again after a crash, with the same id).",
    ),
    Metric(
        name="streams_watch_entries",
        kind="gauge",
        labels=("stage", "state"),
        why="Watches, by whether they are asked or failing: those cannot be read, or are too many.",
    ),
    Metric(
        name="streams_notices_total",
        kind="counter",
        labels=("outcome",),
        why="Messages of `streams notify` to people, by what became of each try (sent, put_off, dead_letter).",
    ),
    Metric(
        name="streams_notice_waiting_entries",
        kind="gauge",
        labels=(),
        why="Alerts that are still to go to some place, those of quiet hours and digests among them.",
    ),
    Metric(
        name="streams_follow_requests_total",
        kind="counter",
        labels=("target", "outcome"),
        why="Requests of `streams follow` for lists, pages and robots.txt, by what came of them (ok, unchanged, or why "
        "not): a jump says that an outlet, or the way to it, is broken.",
    ),
    Metric(
        name="streams_follow_bytes_total",
        kind="counter",
        labels=(),
        why="Bytes of bodies that came over the wire, compressed as they came.",
    ),
    Metric(
        name="streams_follow_records_total",
        kind="counter",
        labels=("kind",),
        why="Raw records published by `streams follow`: articles, revisions, retractions.",
    ),
    Metric(
        name="streams_follow_late_seconds",
        kind="histogram",
        labels=(),
        why="How much later than planned sources are asked: a rising mean says that another follower is wanted.",
        buckets=_WAIT_SECONDS,
    ),
    Metric(
        name="streams_follow_source_entries",
        kind="gauge",
        labels=("state",),
        why="Sources of this follower, by whether their last answer could be used (well, failing).",
    ),
    Metric(
        name="streams_build_info",
        kind="gauge",
        labels=("version", "schema"),
        why="1; says which release runs, and the schema version that it writes.",
    ),
)


class Metrics:
    """The live metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Memory, processor time, open files and the start of this process, by the names that everybody uses.
        ProcessCollector(registry=self.registry)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        #: Children by metric and labels as they were given: the client looks them up anew each time, at several times
        #: the cost of counting.
        self._children: dict[tuple[object, ...], Any] = {}
        for metric in METRICS:
            if metric.kind == "counter":
                self._counters[metric.name] = Counter(metric.name, metric.why, metric.labels, registry=self.registry)
            elif metric.kind == "gauge":
                self._gauges[metric.name] = Gauge(metric.name, metric.why, metric.labels, registry=self.registry)
            else:
                self._histograms[metric.name] = Histogram(
                    metric.name, metric.why, metric.labels, registry=self.registry, buckets=metric.buckets
                )

    def begin(self, stage: str) -> None:
        """Show what a stage counts as 0 from its start: a counter that is first seen at 1 has not risen, to Prometheus.

        What is not known beforehand (a reason, an exception's class) has the sum in ``streams_records_total``.
        """
        for metric in METRICS:
            if metric.kind == "counter" and metric.labels == ("stage",):
                self.count(metric.name, 0, stage=stage)
        for outcome in OUTCOMES:
            self.count("streams_records_total", 0, stage=stage, outcome=outcome)

    def count(self, name: str, amount: float = 1, /, **labels: str) -> None:
        self._child(self._counters, name, labels).inc(amount)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        self._child(self._gauges, name, labels).set(value)

    def set_one(self, name: str, label: str, value: str, among: Iterable[str], /, **labels: str) -> None:
        """Of a gauge that tells which of several it is: 1 where ``label`` is ``value``, 0 for the others ``among``."""
        for each in among:
            self.set(name, float(each == value), **labels, **{label: each})

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        self._child(self._histograms, name, labels).observe(value)

    def _child(self, metrics: Mapping[str, Any], name: str, labels: dict[str, str]) -> Any:
        key = (name, *labels.items())
        child = self._children.get(key)
        if child is None:
            metric = metrics[name]
            child = self._children[key] = metric.labels(**labels) if labels else metric
        return child

    def value(self, name: str, /, **labels: str) -> float:
        """The current value of a counter or gauge; 0 where nothing was counted yet."""
        return self.registry.get_sample_value(name, labels) or 0.0

    def expose(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
