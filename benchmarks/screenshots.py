"""Every page in light, dark and on a phone, into docs/screenshots: `make screenshots`. Real workers, invented news."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import chapters
import newsmaker
from browser import launched
from playwright.sync_api import Browser, Page
from stage import EDITOR, PASSWORD, Stage, stage

from streams.contracts import codec

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "screenshots"
DESK, PHONE = {"width": 1200, "height": 860}, {"width": 390, "height": 844}
LOOKS = {"light": (DESK, "light"), "dark": (DESK, "dark"), "phone": (PHONE, "light")}
#: Seconds for the workers to load their models and work off a day's news.
_PATIENCE = 120.0


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with stage(workers=True, mended=True) as running, launched() as browser, tempfile.TemporaryDirectory() as folder:
        now = datetime.now(UTC)
        # The past first, as it came.
        articles = [*newsmaker.raw([*chapters.articles(now), *newsmaker.articles(now), *newsmaker.abroad(now)])]
        day = Path(folder) / "day.jsonl"
        day.write_bytes(b"".join(codec.encode(article) + b"\n" for article in articles))
        running.streams("seed", str(day))
        pages = _addresses(running, browser, len(articles))
        running.streams("seed", *sorted(str(path) for path in (ROOT / "seeds").glob("*.txt")))
        pages["seeds"] = _seeds_story(running, browser)
        running.streams("watch", "add", "bridges", "bridge outlets>=2")
        running.alert("bridges", pages["story"].rpartition("/")[2], "Storm Ottilie shuts Oxhaven bridge")
        for look, (size, scheme) in LOOKS.items():
            context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1)
            page = context.new_page()
            for name, path in pages.items():
                _shoot(page, running.url + path, FOLDER / f"{name}-{look}.png")
            context.close()
        story = pages["story"]
        running.streams("mend", "rename", story.rpartition("/")[2], "Oxhaven's bridge stays shut", "--by", "Ivo Klein",
                        "--why", "shorter")  # fmt: skip
        for look, (size, scheme) in LOOKS.items():
            context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1)
            _shoot_mending(context.new_page(), running.url, story, FOLDER / f"mend-{look}.png")
            context.close()


def _shoot(page: Page, url: str, target: Path) -> None:
    page.goto(url)
    page.wait_for_selector("#state.live", timeout=5000)
    for number, each in enumerate(page.query_selector_all(".main details, details.narrow")):
        if number < 2:
            each.evaluate("element => { element.open = true }")
    page.screenshot(path=target)
    print(target.relative_to(ROOT), f"{target.stat().st_size / 1000:.0f} kB")


def _shoot_mending(page: Page, url: str, story: str, target: Path) -> None:
    """The story's page of somebody who is logged in, with the forms open."""
    page.goto(f"{url}/login?next={story}")
    page.get_by_label("Name").fill(EDITOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(url + story)
    page.locator("summary", has_text="Mend").click()
    page.screenshot(path=target)
    print(target.relative_to(ROOT), f"{target.stat().st_size / 1000:.0f} kB")


def _arrived(running: Stage, browser: Browser, count: int) -> list[dict[str, Any]]:
    """The newest stories, once so many articles are in some story."""
    page = browser.new_page()
    deadline = time.monotonic() + _PATIENCE
    while True:
        stories, cursor = [], ""
        while cursor is not None:
            answer = page.request.get(f"{running.url}/api/v1/stories?limit=200&cursor={cursor}").json()
            stories += answer["stories"]
            cursor = answer["cursor"]
        arrived = sum(story["article_count"] for story in stories)
        if arrived >= count:
            page.close()
            return stories
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {arrived} of {count} articles arrived")
        time.sleep(0.5)


def _addresses(running: Stage, browser: Browser, count: int) -> dict[str, str]:
    """The paths to show, once every article is in a story."""
    stories = _arrived(running, browser, count)
    largest = max(stories, key=lambda story: story["article_count"])
    page = browser.new_page()
    members = page.request.get(f"{running.url}/api/v1/stories/{largest['id']}/articles").json()["articles"]
    page.close()
    return {
        "stories": "/",
        "story": f"/story/{largest['id']}",
        "storyline": _storyline(stories),
        "article": f"/article/{members[0]['id']}",
        "entity": f"/entity/{largest['entities'][0]['id']}",
        "narrowed": "/?q=storm",
        "map": "/map",
        "digest": "/digest",
        "outlet": "/outlet/Harbour%20Post",
        "health": "/health",
        "api": "/api",
    }


def _storyline(stories: list[dict[str, Any]]) -> str:
    """The path of the middle chapter of the storyline.

    Raises:
        RuntimeError: its chapters are not one storyline each a story.
    """
    found = [story for story in stories if story["storyline_id"]]
    if len(found) != len(chapters.CHAPTERS) or len({story["storyline_id"] for story in found}) != 1:
        raise RuntimeError(f"storylines other than the one meant: {[story['headline'] for story in found]}")
    return f"/story/{sorted(found, key=lambda story: story['newest'])[2]['id']}#storyline"


def _seeds_story(running: Stage, browser: Browser) -> str:
    page = browser.new_page()
    page.goto(running.url + "/?q=mi6")
    page.wait_for_selector("#pill:visible, .row", timeout=30_000)
    time.sleep(2)
    page.reload()
    path = page.get_attribute(".row h2 a", "href")
    page.close()
    assert path
    return path


if __name__ == "__main__":
    main()
