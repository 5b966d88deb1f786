"""The AsyncAPI document: every contract is in it, and it hangs together. The official parser reads it in `make
verify-deploy`; that the file is current, ``test_reference`` tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streams.contracts import asyncapi, codec, headers
from streams.contracts.topology import OTHER_STATES, TOPICS, TOPOLOGY

DOCUMENT = asyncapi.document()


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


def test_every_topic_that_others_use_is_a_channel() -> None:
    state = {*OTHER_STATES, *(row.state for row in TOPOLOGY.values() if row.state)}
    assert set(DOCUMENT["channels"]) == {topic.name for topic in TOPICS if topic not in state}
    actions = {each["channel"]["$ref"].rsplit("/", 1)[1]: each["action"] for each in DOCUMENT["operations"].values()}
    assert {actions.pop("articles.raw"), actions.pop("corrections")} == {"receive"}
    assert set(actions.values()) == {"send"}


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        part = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def test_tuples_are_told_in_the_older_words() -> None:
    measures = DOCUMENT["components"]["schemas"]["Evidence"]["properties"]["measures"]["items"]
    assert [place.get("type", "choice") for place in measures["items"]] == ["string", "choice"]
    assert measures["additionalItems"] is False
    assert "prefixItems" not in codec.encode(DOCUMENT).decode()


def test_examples_are_records_as_they_are_written() -> None:
    for kind, example in asyncapi.EXAMPLES.items():
        (shown,) = DOCUMENT["components"]["messages"][kind.__name__]["examples"]
        assert codec.decode(kind, codec.encode(shown["payload"])) == example
        required = DOCUMENT["components"]["messages"][kind.__name__]["headers"]["required"]
        assert set(required) <= set(shown["headers"])
        assert headers.schema_version([(name, value.encode()) for name, value in shown["headers"].items()]) == 1
