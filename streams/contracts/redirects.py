"""Which story a merged one is by now."""

from __future__ import annotations

from collections.abc import Callable


def resolve_redirect(story_id: str, redirect_of: Callable[[str], str | None]) -> str:
    """The story at the end of the redirects from ``story_id`` on; ``redirect_of`` gives the next one, None at the end.

    A circle, which only a broken log has, ends where it would close.

    Example: ``resolve_redirect("a", {"a": "b", "b": "c"}.get)`` is ``"c"``.
    """
    seen = {story_id}
    while (next_ := redirect_of(story_id)) is not None and next_ not in seen:
        story_id = next_
        seen.add(story_id)
    return story_id
