"""The topics, and which stage reads and writes which: the one table. Nowhere else is a topic named.

Whoever needs a topic takes it from here, as a constant (``STORY_EVENTS``) or from a stage's row
(``TOPOLOGY[stage].input``). Agents, provisioning, access, health, reconciliation, replay and the reference page go
through the rows: a stage is added by a row (docs/how-to/add-a-stage.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from streams.contracts.records import (
    Alert,
    CleanArticle,
    Correction,
    Decision,
    RawArticle,
    Rejection,
    Stage,
    Story,
    TaggedArticle,
    Watch,
)
from streams.contracts.topics import MAX_HEADER_BYTES, MAX_MESSAGE_BYTES, Topic
from streams.text import language_key

ARTICLES_RAW = Topic(
    name="articles.raw",
    record=RawArticle,
    key="host of the URL, else the outlet, else the id",
    outside_writers=("streams seed", "streams follow", "your crawler"),
    why="What was fetched. One host in one partition keeps its revisions in order and its line memory local.",
)
ARTICLES_CLEAN = Topic(
    name="articles.clean",
    record=CleanArticle,
    key="article id",
    key_of=lambda article: article.id,
    why="The article out of the page, with an audit of what was dropped.",
)
ARTICLES_TAGGED = Topic(
    name="articles.tagged",
    record=TaggedArticle,
    key="language",
    key_of=lambda article: language_key(article.language),
    why="Entities and quotations. One language in one partition: stories form within a language.",
)
STORY_EVENTS = Topic(
    name="story-events",
    record=Decision,
    key="language",
    key_of=lambda article: language_key(article.language),
    outside_readers=("dashboards", "you"),
    why="The log that is the truth: one record per article or correction that changed a story, at its input's "
    "partition.",
    retention_ms=None,
)
CORRECTIONS = Topic(
    name="corrections",
    record=Correction,
    key="language",
    key_of=lambda correction: language_key(correction.language),
    outside_writers=("streams mend", "dashboards"),
    why="What people decided about stories: as articles, in the partition of their language. What became of each is in "
    "the log, or a rejection.",
    retention_ms=None,
)
STORIES = Topic(
    name="stories",
    record=Story,
    key="story id",
    key_of=lambda story: story.id,
    outside_readers=("dashboards", "you"),
    why="Each story as it stands, derived from the log.",
    compacted=True,
)
WATCHES = Topic(
    name="watches",
    record=Watch,
    key="watch id",
    key_of=lambda watch: watch.id,
    outside_writers=("streams watch",),
    outside_readers=("streams watch", "streams notify", "dashboards"),
    why="What somebody wants to be told of: queries, and where their alerts go.",
    compacted=True,
)
ALERTS = Topic(
    name="alerts",
    record=Alert,
    key="alert id",
    key_of=lambda alert: alert.id,
    outside_readers=("streams notify", "dashboards", "you"),
    why="Stories that answered a watch, once for each watch, story and condition: an id may stand there twice.",
)
REJECTIONS = Topic(
    name="rejections",
    record=Rejection,
    key="article id",
    outside_readers=("you", "streams doctor"),
    why="Inputs that are no usable article, each with its reason.",
)
DEAD_LETTERS = Topic(
    name="dead-letters",
    record=None,
    key="the original key",
    outside_readers=("you", "streams dlq"),
    why="Records that a stage could not process: original bytes, the failure in headers.",
    # An original of the largest size must fit together with the headers that say what went wrong.
    config={"max.message.bytes": str(MAX_MESSAGE_BYTES + MAX_HEADER_BYTES)},
)
#: Compact soon: a state topic is read whole on every assignment, so its size is recovery time.
_COMPACT_SOON = {"segment.ms": "600000", "min.cleanable.dirty.ratio": "0.1"}
STATE_CLEAN = Topic(
    name="state.clean",
    record=None,
    key="row key",
    why="What cleaning remembers (revisions, a host's recurring lines), as rows that survive a lost disk.",
    compacted=True,
    config=_COMPACT_SOON,
)
STATE_CLUSTER = Topic(
    name="state.cluster",
    record=None,
    key="row key",
    why="Story profiles as rows that know the offset they have applied.",
    compacted=True,
    config=_COMPACT_SOON,
)
STATE_ALERT = Topic(
    name="state.alert",
    record=None,
    key="row key",
    why="Stories as watches see them, and which watches each has answered.",
    compacted=True,
    config=_COMPACT_SOON,
)
STATE_FOLLOW = Topic(
    name="state.follow",
    record=None,
    key="row key",
    outside_writers=("streams follow",),
    outside_readers=("streams follow",),
    why="What followers know of sources and pages; its partitions share the sources among them.",
    compacted=True,
    config=_COMPACT_SOON,
)
#: The consumer group of followers, without the prefix.
FOLLOWER = "follow"
STATE_NOTIFY = Topic(
    name="state.notify",
    record=None,
    key="row key",
    outside_writers=("streams notify",),
    outside_readers=("streams notify",),
    why="Messages that are still to go out, and which have.",
    compacted=True,
    config=_COMPACT_SOON,
)
#: The consumer group of those who send alerts, without the prefix.
NOTIFIER = "notify"
#: What services beside the stages know, which is nobody's contract.
OTHER_STATES = (STATE_FOLLOW, STATE_NOTIFY)
#: Where what gave no output goes, of any stage.
FAILURES = (REJECTIONS, DEAD_LETTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTopics:
    """One stage's topics. Its consumer group has its own name.

    ``output``'s records carry the positions of the inputs that caused them; where it is a ``log``, they go to the
    partition that the input came from, as the rows in ``state`` do. ``derived`` follows from the output. A stage with
    ``state`` reads its output too: what it knows is restored from both. ``beside`` are topics with the input's keys,
    hence with as many partitions: who reads one of the input's reads theirs of that number. ``tables`` are compacted
    topics that it reads whole, again and again. Of a ``sparse`` stage most inputs rightly cause nothing.
    """

    input: Topic
    output: Topic
    beside: tuple[Topic, ...] = ()
    state: Topic | None = None
    log: bool = False
    derived: tuple[Topic, ...] = ()
    tables: tuple[Topic, ...] = ()
    sparse: bool = False

    @property
    def by_partition(self) -> tuple[Topic, ...]:
        """What is written partition by partition as the input is read, the state's rows first."""
        return (*((self.state,) if self.state else ()), *((self.output,) if self.log else ()))

    @property
    def reads(self) -> tuple[Topic, ...]:
        return (self.input, *self.beside, *((self.output, self.state) if self.state else ()), *self.tables)

    @property
    def writes(self) -> tuple[Topic, ...]:
        return (self.output, *self.derived, *FAILURES, *((self.state,) if self.state else ()))


#: In the order in which an article goes through them.
TOPOLOGY: dict[Stage, StageTopics] = {
    "clean": StageTopics(input=ARTICLES_RAW, output=ARTICLES_CLEAN, state=STATE_CLEAN),
    "tag": StageTopics(input=ARTICLES_CLEAN, output=ARTICLES_TAGGED),
    "cluster": StageTopics(
        input=ARTICLES_TAGGED,
        output=STORY_EVENTS,
        beside=(CORRECTIONS,),
        state=STATE_CLUSTER,
        log=True,
        derived=(STORIES,),
    ),
    "alert": StageTopics(
        input=STORY_EVENTS,
        output=ALERTS,
        state=STATE_ALERT,
        tables=(WATCHES,),
        sparse=True,
    ),
}
STAGES: tuple[Stage, ...] = tuple(TOPOLOGY)


def _topics() -> tuple[Topic, ...]:
    rows = TOPOLOGY.values()
    states = (row.state for row in rows if row.state)
    return (
        ARTICLES_RAW,
        *(topic for row in rows for topic in (row.output, *row.derived, *row.beside)),
        *FAILURES,
        *states,
        *(table for row in rows for table in row.tables),
        *OTHER_STATES,
    )


#: Every topic, each once. ``streams topics apply`` creates what stands here.
TOPICS = _topics()


def stages_to(topic: Topic) -> tuple[Stage, ...]:
    """The stages that a raw article goes through until it is in ``topic``, in order."""
    for stage, row in TOPOLOGY.items():
        if topic is row.output:
            return (*stages_to(row.input), stage)
    return ()


#: The stages that make stories of articles; the others only read those.
PIPELINE = stages_to(STORY_EVENTS)


def writers(topic: Topic) -> tuple[str, ...]:
    """Who writes a topic: stages by their names, and others."""
    return (*(stage for stage, row in TOPOLOGY.items() if topic in row.writes), *topic.outside_writers)


def readers(topic: Topic) -> tuple[str, ...]:
    """Who reads a topic: stages by their names, and others."""
    return (*(stage for stage, row in TOPOLOGY.items() if topic in row.reads), *topic.outside_readers)
