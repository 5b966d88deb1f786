"""The dashboard as people meet it, in Chromium. One file: the tests share a browser, and services slow to start."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path

import newsmaker
import pytest
from axe_playwright_python.sync_playwright import Axe
from stage import EDITOR, PASSWORD, run, stage

from streams.contracts.records import TaggedArticle
from streams.kafka import provision

ROOT = Path(__file__).parents[2]
PAGES = (
    "/",
    "/?q=bridge",
    "/health",
    "/corrections",
    "/api",
    "/outlet/Harbour%20Post",
    "/digest",
    "/digest/week",
    "/map",
    "/nothing-here",
)
#: Adds up the shifts of what was already on the page, as browsers measure them (Layout Instability API).
SHIFTS = """() => { window.shifts = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts += entry.value; }).observe({type: "layout-shift"}); }"""


def headlines(page):
    return page.locator(".row h2 a").all_inner_texts()


def until(page, true, seconds=10):
    """Wait for a condition, looked at from here: the page's own policy forbids Playwright to poll inside it."""
    for _ in range(seconds * 10):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"it did not happen in {seconds} s; the page says: {page.inner_text('main')[:500]}")


def serious(page):
    """What axe finds that keeps people out."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found
            if each["impact"] in ("serious", "critical")]  # fmt: skip


@pytest.fixture
def front(newsroom, open_page):
    """The list, once the newsroom's last story has been read."""
    page = open_page(newsroom.url)
    page.wait_for_selector("#state.live")
    for _ in range(50):
        if any(title.startswith("Hostile") for title in headlines(page)):
            return page
        page.wait_for_timeout(200)
        page.reload()
    raise AssertionError(headlines(page))


def comet(published):
    """An article about nothing that happened before."""
    return TaggedArticle(
        id="late",
        title="Comet Aramis seen over Esk",
        text="A comet, Aramis, was seen over Esk.",
        source="Vale Times",
        published=published,
        language="en",
    )


def paths(front):
    """A story's page and one of its articles, its first entity."""
    story = front.locator(".row h2 a", has_text="Oxhaven").first.get_attribute("href")
    entity = front.locator(".row", has_text="Oxhaven").locator(".names a").first.get_attribute("href")
    return story, entity


def test_the_seeds_become_a_story_on_the_open_page(empty, open_page):
    page = open_page(empty.url)
    page.wait_for_selector("#empty")
    page.evaluate("window.sameDocument = true")
    empty.streams("seed", *(str(path) for path in sorted((ROOT / "seeds").glob("*.txt"))))
    page.wait_for_selector(".row", timeout=60_000)
    until(page, lambda: page.inner_text(".counts").startswith("2"), seconds=30)
    assert page.evaluate("window.sameDocument"), "without a reload"
    assert len(headlines(page)) == 1
    page.locator(".row h2 a").click()
    story = page.inner_text("main")
    assert "Sky News" in story
    assert "The Wall Street Journal" in story
    assert "Quoted by more than one outlet" in story
    assert "Bluntly, Putin has bitten off more than he can chew" in page.inner_text(".quote >> nth=0")
    page.locator("summary", has_text="Why is this here?").first.click()
    why = page.inner_text(".why")
    assert "Score" in why
    assert "Vladimir Putin" in why
    assert "Next best" in why
    page.locator(".member h3 a", has_text="MI6").click()
    assert page.locator(".mention", has_text="Putin").count() > 3
    page.locator("summary", has_text="dropped line").click()
    assert "Read more from Sky News" in page.inner_text(".audit")


def test_a_new_story_waits_behind_the_pill_and_moves_nothing(newsroom, front):
    front.evaluate(SHIFTS)
    before = front.locator(".row").first.bounding_box()
    newsroom.publish([comet(datetime.now(UTC))])
    front.wait_for_selector("#pill:visible")
    assert front.inner_text("#pill") == "1 new"
    assert front.locator(".row").first.bounding_box() == before
    assert front.evaluate("window.shifts") == 0
    front.keyboard.press("n")
    until(front, lambda: "Comet Aramis" in front.inner_text("#rows"))
    assert headlines(front)[0].startswith("Comet Aramis")
    assert not front.is_visible("#pill")


def test_a_watch_is_a_tab_that_counts_until_it_is_opened(front):
    tab = front.locator(".tabs a", has_text="bridges")
    for _ in range(50):
        if tab.count():
            break
        front.wait_for_timeout(200)
        front.reload()
    assert tab.inner_text().split() == ["bridges", "1", "unread"]
    tab.click()
    assert front.inner_text("h1") == "bridges"
    assert headlines(front)[0].startswith("Bridge closed <script>")
    found = Axe().run(front).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    front.locator(".tabs a", has_text="All stories").click()
    assert tab.inner_text() == "bridges"


def test_an_open_page_counts_alerts_and_tells_the_desktop(newsroom, front):
    front.context.add_init_script(
        "window.told = []; window.Notification = class { static permission = 'granted';"
        " constructor(title, {body}) { told.push(`${title}: ${body}`); } }"
    )
    said = 'event: unread\ndata: {"bridges": 3, "nobody": 2}\n\n'
    front.route(lambda url: "/live?" in url, lambda route: route.fulfill(body=said, content_type="text/event-stream"))
    front.goto(newsroom.url)
    until(front, lambda: front.evaluate("told") == ["bridges: 3 unread alerts"])
    assert front.inner_text(".tabs .unread").split() == ["3", "unread"]


def test_search_and_filters_narrow_the_list(newsroom, front):
    front.fill("#q", "oxhav")
    front.keyboard.press("Enter")
    front.wait_for_url("**/?q=oxhav")
    assert len(headlines(front)) == 1
    assert "Oxhaven" in headlines(front)[0]
    front.locator(".off").click()
    until(front, lambda: front.locator(".row").count() > 5)
    front.select_option("select[name=outlet]", "Market Bell")
    front.wait_for_url("**/?outlet=Market+Bell")
    assert all("Market Bell" in each for each in front.locator(".outlets").all_inner_texts())
    front.goto(newsroom.url + "/?phase=breaking")
    assert set(front.locator(".chip").all_inner_texts()) == {"breaking"}
    front.goto(newsroom.url + "/?language=xx")
    assert "No story is like that" in front.inner_text("main")
    front.goto(newsroom.url)
    front.locator(".names a", has_text="Kingsmere").first.click()
    assert front.inner_text("h1") == "Kingsmere"
    assert front.locator(".row").count() >= 1


def test_keys(front):
    second = front.locator(".row h2 a").nth(1).get_attribute("href")
    for key in "jjjk":
        front.keyboard.press(key)
    assert front.locator(".row.at h2 a").get_attribute("href") == second
    front.keyboard.press("/")
    front.keyboard.type("j?")
    assert front.input_value("#q") == "j?", "keys are letters where one types"
    front.keyboard.press("Escape")
    front.keyboard.press("?")
    assert front.is_visible("#help")
    front.keyboard.press("Escape")
    front.keyboard.press("j")
    front.keyboard.press("k")
    front.keyboard.press("Enter")
    front.wait_for_url(f"**{second}")


def test_dark_mode_follows_the_reader(newsroom, open_page):
    shades = [
        open_page(newsroom.url, color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    light, dark = (sum(int(part) for part in shade[4:-1].split(",")) for shade in shades)
    assert light > 700
    assert dark < 120


def test_a_hostile_article_runs_no_script(newsroom, front):
    addresses = ["/", "/?outlet=" + "%3Cscript%3E", "/entity/person:evil", "/article/evil"]
    addresses.append(front.locator(".row h2 a", has_text="Hostile").first.get_attribute("href"))
    for address in addresses:
        front.goto(newsroom.url + address)
        front.wait_for_timeout(200)
        assert front.evaluate("window.hacked") is None, address
        assert front.locator("main script, main img, main [onload], main [onerror]").count() == 0
        assert front.locator("a[href^='javascript' i]").count() == 0
    assert "<script>window.hacked=1</script>" in front.inner_text("main"), "shown as the text that it is"


def test_everything_but_live_updates_works_without_javascript(newsroom, front, open_page):
    story, entity = paths(front)
    page = open_page(newsroom.url, java_script_enabled=False)
    page.fill("#q", "rates")
    page.press("#q", "Enter")
    assert "rates" in page.inner_text(".row h2 a")
    page.press(".narrow summary", "Enter")
    page.locator(".narrow a").first.press("Enter")
    page.wait_for_url("**/?q=rates&entity=*")
    assert "rates" in page.inner_text(".row h2 a")
    page.goto(newsroom.url)
    page.select_option("select[name=outlet]", "Radio Fjord")
    page.click("text=Apply")
    assert page.locator(".row").count() >= 1
    page.goto(newsroom.url + story)
    page.locator("summary").first.click()
    assert page.locator(".why").first.is_visible()
    assert page.goto(newsroom.url + entity).status == 200
    assert page.goto(newsroom.url + "/health").status == 200


def test_a_story_says_what_happened_and_what_outlets_differ_on(newsroom, front):
    front.goto(newsroom.url + "/?q=oxhaven")
    assert "Oxhaven" in front.inner_text(".row .gist")
    front.locator(".row h2 a").click()
    assert "Oxhaven" in front.inner_text(".story .gist")
    assert "9 → 12 → 15" in front.inner_text(".point")
    said = front.locator(".point .version")
    assert said.count() > 2
    assert "injured 9 people" in said.first.inner_text()
    assert serious(front) == []
    said.first.locator("a").click()
    front.wait_for_url("**/article/**")


def test_two_outlets_are_compared_from_the_story(newsroom, front):
    front.goto(newsroom.url + paths(front)[0])
    front.get_by_role("button", name="Compare").click()
    front.wait_for_url("**/compare?one=*&other=*")
    assert front.inner_text("h1") == "What each leaves out"
    assert front.inner_text("#names") == "Named by one alone"
    assert serious(front) == []
    front.set_viewport_size({"width": 360, "height": 740})
    assert front.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_digest_prints_its_stories_with_their_addresses_and_nothing_around_them(newsroom, front):
    front.click("text=Digest")
    assert front.inner_text("h1") == "Today"
    assert not front.is_visible(".address")
    assert len(headlines(front)) > 5
    front.emulate_media(media="print")
    assert front.inner_text(".address").startswith(newsroom.url + "/story/")
    for part in (".top nav", ".search", ".spans", "footer"):
        assert not front.is_visible(part), part


def test_a_point_of_the_map_and_its_row_lead_to_the_stories_there(newsroom, front):
    front.goto(newsroom.url + "/map")
    drawn = front.locator(".map use").bounding_box()
    assert drawn["width"] > 400, "the coastlines are there"
    front.locator("table a", has_text="Nairobi").focus()
    front.keyboard.press("Enter")
    front.wait_for_url("**place=place%3Anairobi-ke**")
    assert headlines(front) == ["Nairobi opens first cable car"]
    front.go_back()
    point = front.locator(".map circle", has_text="Lisbon")
    counted = point.locator("title").text_content()
    at = point.bounding_box()
    assert 0.4 < (at["x"] + at["width"] / 2 - drawn["x"]) / drawn["width"] < 0.5
    assert 0.1 < (at["y"] + at["height"] / 2 - drawn["y"]) / drawn["height"] < 0.4
    point.click()
    front.wait_for_url("**place=place%3Alisbon-pt**")
    assert counted == f"Lisbon: {front.inner_text('.total')}"
    assert all("Lisbon" in each for each in headlines(front))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(newsroom, front, open_page, scheme):
    article = "/article/e00-0"
    page = open_page(newsroom.url, color_scheme=scheme)
    for address in (*PAGES, *paths(front), article):
        page.goto(newsroom.url + address)
        for summary in page.locator("summary").all()[:2]:
            summary.click()
        assert serious(page) == [], address


def test_a_phone_scrolls_one_way_only(newsroom, front, open_page):
    page = open_page(newsroom.url, viewport={"width": 360, "height": 740}, has_touch=True)
    for address in (*PAGES, *paths(front), "/article/e00-0", "/article/evil"):
        page.goto(newsroom.url + address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_person_mends_a_story_and_takes_it_back(empty, open_page):
    bridge = [each for each in newsmaker.articles(datetime.now(UTC)) if "Oxhaven" in (each.title or "")][:4]
    empty.tagged(bridge)
    page = open_page(empty.url)
    row = page.locator(".row", has_text="Oxhaven")

    def all_there():
        page.reload()
        return row.count() == 1 and "4 articles" in row.locator(".counts").get_attribute("title")

    until(page, all_there, seconds=60)
    row.locator("h2 a").click()
    assert page.locator(".mending").count() == 0, "not before a login"
    page.click("text=Log in to mend this story")
    page.get_by_label("Name").fill(EDITOR)
    page.get_by_label("Password").fill("a wrong password")
    page.keyboard.press("Enter")
    assert "wrong" in page.inner_text("[role=alert]")
    assert serious(page) == []
    page.get_by_label("Name").fill(EDITOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/story/*")

    # With the keyboard alone, as far as the first correction goes.
    page.locator("summary", has_text="Mend").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Headline", exact=True).fill("Oxhaven, in my own words")
    page.keyboard.press("Tab")
    page.keyboard.type("the others are clumsy")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*", timeout=30_000)
    assert "Done" in page.inner_text("[role=status].notice")
    assert page.inner_text("h1") == "Oxhaven, in my own words"
    audit = page.locator(".corrections li")
    assert f"{EDITOR} named it “Oxhaven, in my own words”: the others are clumsy" in audit.first.inner_text()

    page.locator("summary", has_text="Mend").click()
    page.locator(".forms input[type=checkbox]").first.check()
    assert serious(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Move").click()
    until(page, lambda: audit.count() == 2, seconds=30)
    assert "3 articles" in page.inner_text(".facts")
    parted = audit.first.locator("a").get_attribute("href")

    page.get_by_role("button", name="Undo the split").click()
    until(page, lambda: audit.count() == 3, seconds=30)
    page.get_by_role("button", name="Undo the rename").click()
    until(page, lambda: page.inner_text("h1") in {each.title for each in bridge}, seconds=30)
    assert "4 articles" in page.inner_text(".facts")
    assert page.get_by_role("button", name="Undo").count() == 0
    page.goto(empty.url + parted)
    assert "merged into this one" in page.inner_text("header .notice"), "where it went"

    page.goto(empty.url + "/?q=bridge")
    page.get_by_role("link", name="watch", exact=True).click()
    page.get_by_label("Name").fill("bridges")
    assert serious(page) == []
    page.get_by_role("button", name="Watch").click()
    page.wait_for_url("**/watch/bridges")
    assert page.inner_text("main code") == "bridge"
    page.locator("summary", has_text="Change").click()
    assert serious(page) == []
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url(empty.url + "/")
    assert page.locator(".tabs").count() == 0


@pytest.mark.parametrize("size", [{"width": 1200, "height": 860}, {"width": 360, "height": 740}])
def test_a_storyline_is_read_chapter_by_chapter(front, open_page, newsroom, size):
    last = front.locator(".row h2 a", has_text="70 million").get_attribute("href")
    page = open_page(newsroom.url + last, viewport=size)
    told = page.locator("#storyline ~ ol").first
    assert "4 chapters" in page.inner_text("main")
    assert "with Karin Holt" in page.inner_text("main")
    assert [told.locator("li").nth(place).inner_text().count("follows") > 0 for place in range(4)] == [
        False, True, True, True
    ]  # fmt: skip
    assert "70 million" in told.locator("[aria-current]").inner_text()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    told.get_by_role("link").first.click()
    assert "cracks" in page.inner_text("h1")
    assert "cracks" in told.locator("[aria-current]").inner_text()


def test_an_open_page_says_when_kafka_is_away_and_goes_on_when_it_is_back(open_page):
    now = datetime.now(UTC)
    with stage() as running:
        running.publish(newsmaker.articles(now)[:5])
        page = open_page(running.url)
        page.wait_for_selector("#state.live")
        while len(headlines(page)) < 5:
            page.wait_for_timeout(200)
            page.reload()
        running.broker.stop()
        page.wait_for_selector("#away:visible", timeout=20_000)
        assert "Kafka does not answer since" in page.inner_text("#away")
        page.reload()
        assert len(headlines(page)) == 5, "what was known is still shown"
        assert page.is_visible("#away")
        # Who asks this broker for a topic makes it: the dashboard waits until they are made as they should be.
        running.process.send_signal(signal.SIGSTOP)
        try:
            running.broker.start()
            run(provision.apply(running.settings))
        finally:
            running.process.send_signal(signal.SIGCONT)
        page.wait_for_selector("#state.live", timeout=30_000)
        assert not page.is_visible("#away")
        # An embedded broker forgets: the log begins anew, and so does the page.
        running.publish([comet(now)])
        for _ in range(100):
            if page.is_visible("#pill"):
                page.click("#pill")
            if headlines(page) == ["Comet Aramis seen over Esk"]:
                break
            page.wait_for_timeout(200)
        assert headlines(page) == ["Comet Aramis seen over Esk"]
