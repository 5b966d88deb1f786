"""The schemas of now against those of every release (docs/reference/compatibility.md), and the comparison itself."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from schema_compatibility import problems

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "schemas"
RELEASED = sorted(SCHEMAS.glob("*/*.json"))
#: Those that docs/reference/compatibility.md tells of, with why.
ACCEPTED = {"0.1.0/Rejection.v1.json": [".stage: was ('any',), is ('string',)"]}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_release_and_this_one_read_each_other(path: Path) -> None:
    now = SCHEMAS / path.name
    version = path.name.split(".")[-2]
    same_version = [each for each in SCHEMAS.glob("*.json") if each.name.split(".")[-2] == version]
    if not same_version:
        pytest.skip(f"records are of another schema version than {version}: readers are told by the header")
    assert now.exists(), f"{path.name} was released and is gone"
    assert problems(read(path), read(now)) == ACCEPTED.get(f"{path.parent.name}/{path.name}", [])


def test_there_is_a_release_to_compare_with() -> None:
    since = {"Alert.v1.json", "Correction.v1.json", "Watch.v1.json"}
    first = {path.name for path in RELEASED if path.parent.name == "0.1.0"}
    assert first | since == {path.name for path in SCHEMAS.glob("*.json")}
    assert not first & since


STORY: dict[str, Any] = {
    "$ref": "#/$defs/Story",
    "$defs": {
        "Story": {
            "title": "Story",
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "status": {"enum": ["open", "closed"], "default": "open"},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/Story"}, "default": []},
                "place": {
                    "type": "array",
                    "prefixItems": [{"type": "number"}, {"type": "number"}],
                    "minItems": 2,
                    "maxItems": 2,
                    "items": False,
                },
                "by": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            },
            "required": ["id", "place"],
        }
    },
}


def changed(how: Any) -> dict[str, Any]:
    new = copy.deepcopy(STORY)
    how(new["$defs"]["Story"])
    return new


@pytest.mark.parametrize(
    "change",
    [
        lambda story: story["properties"].update(more={"type": "string", "default": ""}),
        lambda story: story["properties"].pop("by"),
        lambda story: story["properties"]["status"].update(default="closed", description="…"),
        lambda story: story.update(title="Tale"),
    ],
)
def test_what_is_allowed(change: Any) -> None:
    assert problems(STORY, changed(change)) == []
    assert problems(changed(change), STORY) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda story: (story["properties"].update(k={"type": "string"}), story["required"].append("k")), ".k: is new"),
        (lambda story: (story["properties"].pop("id"), story["required"].remove("id")), ".id: is gone"),
        (lambda story: story["required"].remove("id"), ".id: was required, is optional"),
        (lambda story: story["required"].append("by"), ".by: was optional, is required"),
        (lambda story: story["properties"].update(id={"type": "integer"}), ".id: was ('string',), is ('integer',)"),
        (lambda story: story["properties"]["by"]["anyOf"].pop(), ".by: was ('null', 'string'), is ('string',)"),
        (lambda story: story["properties"]["status"]["enum"].append("merged"), ".status: values were"),
        (lambda story: story["properties"]["parts"].update(items={"type": "string"}), ".parts[]: was"),
        (lambda story: story["properties"]["place"]["prefixItems"].pop(), ".place: had 2 places, has 1"),
        (lambda story: story["properties"]["place"].update(maxItems=3), ".place: maxItems was 2, is 3"),
    ],
)
def test_what_is_not(change: Any, said: str) -> None:
    (problem, *_) = problems(STORY, changed(change))
    assert problem.startswith(said)
    assert problems(changed(change), STORY)


def test_a_keyword_that_the_rules_do_not_know_is_no_silent_yes() -> None:
    with pytest.raises(ValueError, match="pattern"):
        problems(STORY, changed(lambda story: story["properties"]["id"].update(pattern="^a")))
