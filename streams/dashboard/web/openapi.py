"""The API's OpenAPI 3.1 description: the one that /api/v1/openapi.json serves and that /api shows to people."""

from __future__ import annotations

from typing import Any

from streams import __version__
from streams.contracts import codec
from streams.contracts.records import Evidence, Story, TaggedArticle
from streams.dashboard.store.filters import CURRENT, LONGEST
from streams.dashboard.store.outlets import MEASURED
from streams.query.times import PHASES

Json = dict[str, Any]


def _parameter(name: str, description: str, *, where: str = "query", **schema: object) -> Json:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": description,
        "schema": {"type": "string", **schema},
    }


_FILTERS = [
    _parameter(
        "q",
        'A query: words, "phrases", person:, place:, outlet:, origins>=3 … (docs/reference/query.md).',
        maxLength=LONGEST,
    ),
    _parameter("entity", "Id of an entity that the story names, such as place:ua.", maxLength=LONGEST),
    _parameter("place", "Id of a place of the map where the story happens, such as place:ua.", maxLength=LONGEST),
    _parameter("outlet", "An outlet's name, exactly.", maxLength=LONGEST),
    _parameter("language", "A language code, such as en.", maxLength=LONGEST),
    _parameter(
        "phase", "How alive the story is; now: it got an article in the last 24 hours.", enum=[CURRENT, *PHASES]
    ),
    _parameter("day", "Of the newest article, in UTC, such as 2026-03-01.", format="date"),
    _parameter("sort", "By the newest article's time, or by when the story last got one.", enum=["arrived"]),
]
_PAGING = [
    _parameter("limit", "Most that one answer lists.", type="integer", minimum=1, maximum=200, default=50),
    _parameter("cursor", "The cursor that the answer before gave."),
]
_FACETS = _parameter("facets", "Also count what is found, by entity, outlet and day.", enum=["true"])
_SURE = _parameter(
    "sure", "Leave out articles whose text is expected to be worse than this: F1.", type="number", minimum=0, maximum=1
)
_ID = [_parameter("id", "The id, percent-encoded with its slashes (%2F); a tilde goes before . and ..", where="path")]
_NAME = [_parameter("name", "The outlet's name, exactly, percent-encoded as ids are.", where="path")]
_STORY = {
    "type": "object",
    "description": "A story in a list: `active` is when it last got an article, `newest` the time of its newest.",
    "properties": {
        **{name: {"type": "string"} for name in ("id", "headline", "status", "phase")},
        **{name: {"type": "string", "format": "date-time"} for name in ("active", "newest")},
        **{name: {"type": "integer"} for name in ("article_count", "outlets", "origins")},
        "lead": {
            "type": "array",
            "description": "At most three sentences of its articles, word for word, that say what happened.",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "article_id": {"type": "string"},
                    "outlet": {"type": ["string", "null"]},
                },
            },
        },
        "redirect_to": {"type": ["string", "null"]},
        "storyline_id": {"type": ["string", "null"], "description": "The earliest story of its storyline."},
        **{name: {"type": "array", "items": {"type": "string"}} for name in ("sources", "languages")},
        "entities": {"type": "array", "items": {"type": "object"}},
        "articles_per_hour": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "Over the 24 hours to its newest article, oldest hour first.",
        },
    },
}


_COUNTED = {
    "type": "object",
    "description": "With facets=true: counts over the newest 2,000 stories that are found, the twenty most frequent "
    "entities and outlets, and the twenty newest days (UTC) that a story's newest article is of.",
    "properties": {name: {"type": "array", "items": {"type": "object"}} for name in ("entities", "outlets", "days")},
}
_MAP = {
    "type": "object",
    "properties": {
        "places": {
            "type": "array",
            "description": "The most frequent first. A story has at most three.",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "description": "As the parameter `place` takes it."},
                    "name": {"type": "string"},
                    "kind": {"type": "string", "enum": ["country", "state", "capital", "city", "region"]},
                    "country": {"type": ["string", "null"], "description": "ISO 3166-1."},
                    **{name: {"type": "number", "description": "Degrees."} for name in ("latitude", "longitude")},
                    "stories": {"type": "integer"},
                },
            },
        },
        "stories": {"type": "integer", "description": "Those that were looked at: the newest 2,000 that are found."},
        "located": {"type": "integer", "description": "Those of them that have a place."},
    },
}
_ALIKE = {
    "allOf": [
        {"$ref": "#/components/schemas/Brief"},
        {
            "type": "object",
            "properties": {
                "score": {
                    "type": "number",
                    "description": "Of what the story names the share that this one names too; rare names count more.",
                },
                "shared": {"type": "array", "items": {"type": "string"}, "description": "Their ids, the rarest first."},
            },
        },
    ]
}


def _get(summary: str, answer: str, parameters: list[Json], *, missing: bool = False) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer}"}}}
    refusals: Json = {"400": {"description": "A parameter cannot be used."}} if parameters else {}
    if missing:
        refusals["404"] = {"description": "There is none with this id, or it was taken back."}
    return {
        "get": {
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "200": {"description": "OK", "content": content},
                "304": {"description": "Unchanged: the ETag sent in If-None-Match still holds."},
                "401": {"description": "The server asks for a bearer token."},
                **refusals,
            },
        }
    }


def _list(name: str, items: Json, **more: Json) -> Json:
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": items}, "cursor": {"type": ["string", "null"]}, **more},
    }


def _record_schemas() -> Json:
    """The records' schemas and those of their parts, by name, with references as a description has them."""
    found: Json = {}
    for kind in (Story, TaggedArticle, Evidence):
        text = codec.encode(codec.schema(kind)["$defs"]).decode()
        found |= codec.loads(text.replace("#/$defs/", "#/components/schemas/"))
    return found


_PLACED = {
    "type": "object",
    "description": "An article of a story; `at` is when it counts, `evidence` why it is there.",
    "properties": {
        **{name: {"type": "string"} for name in ("id", "origin", "at")},
        **{name: {"type": ["string", "null"]} for name in ("title", "outlet", "credit", "url", "language")},
        "confidence": {"type": ["number", "null"], "description": "The expected F1 of its text (0 to 1)."},
        "evidence": {"anyOf": [{"$ref": "#/components/schemas/Evidence"}, {"type": "null"}]},
    },
}

_OUTLET = {
    "type": "object",
    "properties": {
        "outlet": {
            "type": "object",
            "description": f"`articles` are all that the index holds; the rest is of the newest {MEASURED:,} at most.",
            "properties": {
                "name": {"type": "string"},
                **{name: {"type": "integer"} for name in ("articles", "measured", "stories")},
                "shared": {"type": "integer", "description": "Stories that another outlet carries too."},
                "own": {
                    "type": ["number", "null"],
                    "description": "The share of its articles that neither credit somebody else nor are near-copies.",
                },
                "first": {
                    "type": ["number", "null"],
                    "description": "The share of the shared stories where no other outlet was earlier.",
                },
                "behind": {
                    "type": ["number", "null"],
                    "description": "Median minutes after the first outlet's article, of the shared stories.",
                },
            },
        },
        "shares_with": {"type": "array", "items": {"type": "object"}},
        "names": {"type": "array", "items": {"type": "object"}},
    },
}

DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {
        "title": "News Streams",
        "version": __version__,
        "description": "Stories, their articles and the evidence for every join, as the log has them. Read only. "
        "Answers carry ETags; lists go on with their cursor; errors are RFC 9457 problem details. "
        "Changes as they happen: server-sent events at /live; feeds: /feed.atom, /story/{id}/feed.atom, /alerts.atom.",
    },
    "servers": [{"url": "/api/v1"}],
    "security": [{}, {"bearer": []}],
    "paths": {
        "/stories": _get("Stories, the newest first", "Found", [*_FILTERS, _FACETS, *_PAGING]),
        "/search": _get(
            "The same, where q is required and has to be a whole query",
            "Found",
            [*_FILTERS, _FACETS, *_PAGING],
        ),
        "/map": _get("Where the stories happen that a list with the same filters has", "Map", _FILTERS),
        "/stories/{id}": _get("One story; a merged one says where it went", "StoryPage", _ID, missing=True),
        "/stories/{id}/articles": _get(
            "A story's articles, newest first", "Articles", [*_ID, _SURE, *_PAGING], missing=True
        ),
        "/stories/{id}/similar": _get(
            "Stories that share at least two names and 15 % of what it names with it, the most alike first",
            "Alike",
            [*_ID, _PAGING[0]],
            missing=True,
        ),
        "/articles/{id}": _get(
            "One article with its full text, entities and quotations", "ArticlePage", _ID, missing=True
        ),
        "/entities/{id}": _get("One entity and those it is named with", "EntityPage", _ID, missing=True),
        "/outlets/{name}": _get(
            "One outlet: what it carries, how original and how early it is", "OutletPage", _NAME, missing=True
        ),
        "/events": _get("The log of decisions from a cursor on", "Events", _PAGING),
        "/health": _get("How the stages do; 503 while Kafka does not answer", "Health", []),
        "/openapi.json": _get("This description", "Object", []),
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Object": {"type": "object"},
            "Brief": _STORY,
            "Found": _list("stories", {"$ref": "#/components/schemas/Brief"}, facets=_COUNTED),
            "Map": _MAP,
            "Alike": {"type": "object", "properties": {"stories": {"type": "array", "items": _ALIKE}}},
            "StoryPage": {
                "allOf": [
                    {"$ref": "#/components/schemas/Brief"},
                    {
                        "type": "object",
                        "properties": {
                            "story": {"$ref": "#/components/schemas/Story"},
                            "storyline": {
                                "type": ["object", "null"],
                                "description": "The stories that it leads to and comes from, in order, as `chapters`.",
                            },
                        },
                    },
                ]
            },
            "Placed": _PLACED,
            "Articles": _list("articles", {"$ref": "#/components/schemas/Placed"}),
            "ArticlePage": {
                "allOf": [
                    {"$ref": "#/components/schemas/Placed"},
                    {"type": "object", "properties": {"article": {"$ref": "#/components/schemas/TaggedArticle"}}},
                ]
            },
            "EntityPage": {
                "type": "object",
                "properties": {
                    "entity": {"type": "object"},
                    "named_with": {"type": "array", "items": {"type": "object"}},
                },
            },
            "OutletPage": _OUTLET,
            "Events": _list("events", {"type": "object"}),
            "Health": {"type": "object"},
            **_record_schemas(),
        },
    },
}
