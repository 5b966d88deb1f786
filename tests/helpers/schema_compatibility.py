"""Whether readers and writers of two releases understand each other: the rules of docs/reference/compatibility.md.

Both ways (a new reader of old records, an old reader of new ones), for the JSON Schema that our records use; a keyword
beyond it is an error here rather than a change that nobody looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

#: What is said of values, as far as it matters to a reader, and what is only said.
_MATTERS = {"type", "enum", "anyOf", "items", "prefixItems", "minItems", "maxItems", "$ref", "properties", "required"}
_SAID = {"title", "description", "default", "$schema", "$defs"}


def problems(old: Schema, new: Schema) -> list[str]:
    """Each change from ``old`` to ``new`` that a reader of either would stumble over, with where it is."""
    return list(_Compared(old, new).schemas(old, new, ""))


class _Compared:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old.get("$defs", {}), new.get("$defs", {})
        self._seen: set[tuple[str, str]] = set()

    def schemas(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        for schema in (old, new):
            unknown = set(schema) - _MATTERS - _SAID
            if unknown:
                raise ValueError(f"{path or 'the record'} uses {', '.join(sorted(unknown))}: say here what may change")
        if "$ref" in old or "$ref" in new:
            yield from self._references(old, new, path)
            return
        if _kinds(old) != _kinds(new):
            yield f"{path or 'the record'}: was {_kinds(old)}, is {_kinds(new)}"
            return
        if set(old.get("enum", ())) != set(new.get("enum", ())):
            yield f"{path}: values were {old.get('enum')}, are {new.get('enum')}"
        for bound in ("minItems", "maxItems"):
            if old.get(bound) != new.get(bound):
                yield f"{path}: {bound} was {old.get(bound)}, is {new.get(bound)}"
        yield from self._choices(old, new, path)
        yield from self._items(old, new, path)
        yield from self._properties(old, new, path)

    def _references(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        names = old.get("$ref", ""), new.get("$ref", "")
        if not all(names):
            yield f"{path}: was {names[0] or _kinds(old)}, is {names[1] or _kinds(new)}"
        elif names not in self._seen:
            # A class may have another name now; what counts is what is in it. It may hold itself.
            self._seen.add(names)
            before, now = (name.rsplit("/", 1)[-1] for name in names)
            yield from self.schemas(self._old[before], self._new[now], path)

    def _choices(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, now = ({str(_kinds(each)): each for each in schema.get("anyOf", ())} for schema in (old, new))
        for kind in before.keys() & now.keys():
            yield from self.schemas(before[kind], now[kind], path)

    def _items(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, now = old.get("items"), new.get("items")
        if isinstance(before, dict) and isinstance(now, dict):
            yield from self.schemas(before, now, f"{path}[]")
        elif before != now:
            yield f"{path}[]: was {before}, is {now}"
        places = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(places[0]) != len(places[1]):
            yield f"{path}: had {len(places[0])} places, has {len(places[1])}"
        for index, (one, other) in enumerate(zip(*places, strict=False)):
            yield from self.schemas(one, other, f"{path}[{index}]")

    def _properties(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, now = old.get("properties", {}), new.get("properties", {})
        must_before, must_now = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(now.keys() - before.keys()):
            if name in must_now:
                yield f"{path}.{name}: is new and required; old records do not have it"
        for name in sorted(before.keys() - now.keys()):
            if name in must_before:
                yield f"{path}.{name}: is gone, and old readers require it"
        for name in sorted(before.keys() & now.keys()):
            if (name in must_before) != (name in must_now):
                yield f"{path}.{name}: was {_must(name in must_before)}, is {_must(name in must_now)}"
            yield from self.schemas(before[name], now[name], f"{path}.{name}")


def _kinds(schema: Schema) -> tuple[str, ...]:
    """The JSON types of a schema's values; of a choice, those of all."""
    if "anyOf" in schema:
        return tuple(sorted(kind for each in schema["anyOf"] for kind in _kinds(each)))
    if "$ref" in schema:
        return ("object",)
    given = schema.get("type", "any")
    return tuple(sorted(given)) if isinstance(given, list) else (given,)


def _must(required: bool) -> str:
    return "required" if required else "optional"
