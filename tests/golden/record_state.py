"""What a release leaves in the topics, for later ones to be started on: `tests/golden/state/VERSION.json`.

Before ``STATE_VERSION`` is raised, with the release that still has the former one checked out beside this one:

    PYTHONPATH=../former:../former/tests/helpers python tests/golden/record_state.py > tests/golden/state/VERSION.json
"""

from __future__ import annotations

import asyncio
import base64
import json

from log_in_memory import Log, message, run

from streams.contracts.records import TaggedArticle
from streams.runtime.state import STATE_VERSION

_EVENTS = (
    ("Ferry aground off Lindvik", "The ferry Aurora ran aground in fog off Lindvik on Monday, the coast guard said. "),
    ("Ostland passes the budget", "Parliament in Ostland passed the yearly budget by a single vote after a recount. "),
    (
        "Storm takes roofs in Vester",
        "A storm took the roofs of forty houses in Vester, and schools stay closed today. ",
    ),
)


def article(number: int) -> TaggedArticle:
    """Article ``number``: the events in turn."""
    title, text = _EVENTS[number % len(_EVENTS)]
    return TaggedArticle(id=f"a-{number}", title=title, text=text * 3 + f"Report {number}.", language="en")


async def recorded(count: int = 9) -> dict[str, object]:
    log = Log()
    articles = [article(number) for number in range(count)]
    await run(log, articles)
    return {
        "version": STATE_VERSION,
        "inputs": [text(message("articles.tagged", n, each).value) for n, each in enumerate(articles)],
        "published": [
            {"topic": out.topic.name, "key": text(out.key), "value": text(out.value), "partition": out.partition,
             "headers": [[name, text(value)] for name, value in out.headers]}
            for out in log.published
        ],
    }  # fmt: skip


def text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(recorded()), indent=1))
