"""The topics as an AsyncAPI 3 document, for whoever reads or writes them: `docs/reference/asyncapi.json`.

All of it follows from the topology and the records. What only stages read (state) is left out: it is nobody's contract.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from streams import __version__
from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import (
    SCHEMA_VERSION,
    Alert,
    CleanArticle,
    Correction,
    Decision,
    Entity,
    Evidence,
    Mention,
    Quote,
    RawArticle,
    Rejection,
    Story,
    StoryArticle,
    StoryEvent,
    TaggedArticle,
    Watch,
)
from streams.contracts.topics import Topic
from streams.contracts.topology import (
    ARTICLES_RAW,
    CORRECTIONS,
    DEAD_LETTERS,
    OTHER_STATES,
    TOPICS,
    TOPOLOGY,
    writers,
)

Document = dict[str, Any]

#: The version of the Kafka bindings that the parser knows.
_BINDING = "0.5.0"
_PREFIX = "news"
_DAY = datetime(2025, 9, 19, 8, 30, tzinfo=UTC)
_TEXT = "The harbour of Lindvik was closed on Monday, the coast guard said."
_JOINED = StoryArticle(id="b7", title="Ferry runs aground", source="Lindvik Courier", published=_DAY, language="en")

#: One small record of each kind, as it may stand in its topic.
EXAMPLES: dict[type, object] = {
    RawArticle: RawArticle(url="https://courier.example/ferry", content=_TEXT, fetched_at=_DAY),
    CleanArticle: CleanArticle(id="b7", text=_TEXT, title="Ferry runs aground", language="en", published=_DAY),
    TaggedArticle: TaggedArticle(
        id="b7",
        text=_TEXT,
        language="en",
        entities=(
            Entity(
                id="place:lindvik",
                name="Lindvik",
                type="LOC",
                mentions=(Mention(field="text", start=15, end=22, surface="Lindvik"),),
            ),
        ),
        quotes=(Quote(text=_TEXT[:44], start=0, end=44),),
    ),
    Rejection: Rejection(stage="clean", reason="too_short", id="c1", detail="11 words"),
    Decision: Decision(
        article_id="b7",
        language="en",
        number=2,
        events=(
            StoryEvent(
                id="b7@17",
                type="joined",
                story_id="story-a1",
                at=_DAY,
                article_id="b7",
                article=_JOINED,
                evidence=Evidence(score=0.93, threshold=0.5),
            ),
        ),
    ),
    Correction: Correction(
        id="5f0c9d2e",
        action="rename",
        by="Ada Berg",
        why="two ferries",
        language="en",
        story_id="story-a1",
        headline="Two ferries aground",
        at=_DAY,
    ),
    Story: Story(
        id="story-a1",
        headline="Ferry runs aground",
        first_seen=_DAY,
        last_seen=_DAY,
        article_count=1,
        articles=(_JOINED,),
        sources=("Lindvik Courier",),
        languages=("en",),
    ),
    Watch: Watch(
        id="harbour", query="place:lindvik origins>=3 within 2h", created=_DAY, sinks=("mail:desk@example.org",)
    ),
    Alert: Alert(
        id="0b5e1c8a6f2d4e7f9a3c1b2d",
        watch_id="harbour",
        condition="place:lindvik origins>=3 within 2h",
        story_id="story-a1",
        at=_DAY,
        headline="Ferry runs aground",
        article_id="b7",
        title="Ferry runs aground",
        outlet="Lindvik Courier",
        articles=4,
        outlets=4,
        origins=3,
        languages=("en",),
        entities=("Lindvik",),
    ),
}


def document() -> Document:
    """The AsyncAPI document, as the pipeline sees it: it receives raw articles and corrections, and sends the rest."""
    state = {*(row.state for row in TOPOLOGY.values()), *OTHER_STATES}
    shown = [topic for topic in TOPICS if topic not in state]
    schemas: Document = {}
    messages = {_name(topic): _message(topic, schemas) for topic in shown}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "News Streams",
            "version": __version__,
            "description": f"Topics of the pipeline. `{_PREFIX}` is `STREAMS_TOPIC_PREFIX`. Records are JSON, version "
            f"{SCHEMA_VERSION} of their schemas; headers are CloudEvents 1.0 in binary mode.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {"host": "127.0.0.1:9092", "protocol": "kafka", "description": "Where `streams` looks by default."}
        },
        "channels": {topic.name: _channel(topic) for topic in shown},
        "operations": dict(_operation(topic) for topic in shown),
        "components": {"messages": messages, "schemas": schemas},
    }


def _name(topic: Topic) -> str:
    return topic.record.__name__ if topic.record else "DeadLetter"


def _reference(*path: str) -> Document:
    # A dot is no part of a name to some readers of pointers; a slash would be one to all.
    return {"$ref": "#/" + "/".join(each.replace("~", "~0").replace("/", "~1") for each in path)}


def _channel(topic: Topic) -> Document:
    config = topic.full_config()
    about: Document = {
        "cleanup.policy": [config["cleanup.policy"]],
        "max.message.bytes": int(config["max.message.bytes"]),
    }
    if "retention.ms" in config:
        about["retention.ms"] = int(config["retention.ms"])
    return {
        "address": topic.full_name(_PREFIX),
        "description": topic.why,
        "messages": {_name(topic): _reference("components", "messages", _name(topic))},
        "bindings": {
            "kafka": {
                "topic": topic.full_name(_PREFIX),
                "topicConfiguration": about,
                "bindingVersion": _BINDING,
            }
        },
    }


def _operation(topic: Topic) -> tuple[str, Document]:
    action = "receive" if topic in (ARTICLES_RAW, CORRECTIONS) else "send"
    return f"{action}-{topic.name.replace('.', '-')}", {
        "action": action,
        "channel": _reference("channels", topic.name),
        "summary": f"Written by {', '.join(writers(topic))}.",
        "messages": [_reference("channels", topic.name, "messages", _name(topic))],
    }


def _message(topic: Topic, schemas: Document) -> Document:
    made: Document = {
        "name": _name(topic),
        "title": _name(topic),
        "summary": topic.why,
        "headers": _headers(topic),
        "bindings": {
            "kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": _BINDING},
        },
    }
    if topic.record is None:
        return made | {"contentType": "application/octet-stream", "payload": {"description": "The original bytes."}}
    example = codec.loads(codec.encode(EXAMPLES[topic.record]))
    made["payload"] = _schema(topic.record, schemas)
    made["examples"] = [{"name": "small", "payload": example, "headers": _example_headers(topic)}]
    return made


def _schema(record: type, schemas: Document) -> Document:
    """A reference to the record's schema, which goes to ``schemas`` with all that it refers to."""
    body = codec.schema(record)
    schemas.update({name: _draft_07(each) for name, each in body["$defs"].items()})
    reference: Document = _draft_07({"$ref": body["$ref"]})
    return reference


def _draft_07(schema: Any) -> Any:
    """The same in the JSON Schema of AsyncAPI: tuples are ``items``, definitions are components."""
    if isinstance(schema, list):
        return [_draft_07(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _draft_07(each) for name, each in schema.items()}
    if "prefixItems" in made:
        made["items"], made["additionalItems"] = made.pop("prefixItems"), False
    if isinstance(made.get("$ref"), str):
        made["$ref"] = made["$ref"].replace("#/$defs/", "#/components/schemas/")
    return made


def _example_headers(topic: Topic) -> dict[str, str]:
    """The headers of an example, as ``headers.make`` writes them."""
    producer = writers(topic)[0].removeprefix("streams ")
    row = TOPOLOGY.get(producer)
    position = Position(topic=row.input.full_name(_PREFIX), partition=0, offset=17) if row else None
    made = headers.make(topic.record or object, "b7.0", producer, at=_DAY, position=position)
    return {name: value.decode() for name, value in made}


def _headers(topic: Topic) -> Document:
    text = {"type": "string"}
    if topic is DEAD_LETTERS:
        names = ("stage", "topic", "partition", "offset", "exception", "message", "attempts", "first_failure")
        return {
            "type": "object",
            "description": "Those that the record came with, and what went wrong.",
            "properties": {headers.ERROR_PREFIX + name: text for name in names},
            "required": [headers.ERROR_PREFIX + name for name in names],
        }
    # Of what others write none is asked: crawlers need not know them.
    required = (
        []
        if topic in (ARTICLES_RAW, CORRECTIONS)
        else ["ce_specversion", "ce_id", "ce_type", "ce_source", headers.SCHEMA]
    )
    return {
        "type": "object",
        "properties": {
            "ce_specversion": {"type": "string", "const": "1.0"},
            "ce_id": {"type": "string", "minLength": 1},
            "ce_type": {"type": "string", "const": f"news.{_name(topic)}.v{SCHEMA_VERSION}"},
            "ce_source": {"type": "string", "description": "`/news-streams/` and who wrote it."},
            "ce_time": {"type": "string", "format": "date-time", "description": "When its input was written."},
            "content-type": {"type": "string", "const": "application/json"},
            headers.SCHEMA: {"type": "string", "description": "Version of the record's schema."},
            headers.SOURCE_TOPIC: text,
            headers.SOURCE_PARTITION: text,
            headers.SOURCE_OFFSET: {"type": "string", "description": "Where the record stands that caused this one."},
            headers.TRACEPARENT: {"type": "string", "description": "W3C Trace Context, handed on where there is one."},
        },
        "required": required,
    }
