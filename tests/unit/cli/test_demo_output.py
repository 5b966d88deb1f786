"""What the demo prints: two stories in full, of many the largest few, of a world storylines and alerts as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from streams.cli.console import paper
from streams.cli.demo import _print
from streams.cli.demo_world import print_world
from streams.contracts.records import Alert, Sentence, Story, StoryArticle, StoryLink

#: A Sunday.
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def story(number: int, **more: object) -> Story:
    lead = (Sentence(text=f"This is {number}.", score=0.5), Sentence(text="And more.", score=0.4))
    article = StoryArticle(id=f"a{number}", title=f"Title {number}")
    made = {
        "headline": f"Story {number}",
        "outlets": number,
        "article_count": number,
        "articles": (article,),
        "lead": lead,
    }
    return Story(id=f"s{number}", **(made | more))  # type: ignore[arg-type]


def test_of_many_stories_ten_are_listed_the_largest_first(capsys) -> None:
    stories = {each.id: each for each in map(story, range(300))}
    stories["gone"] = story(999, status="merged", redirect_to="s1")
    _print(stories, [])
    out, err = capsys.readouterr()
    heads = [line for line in out.splitlines() if line.startswith("Story")]
    assert heads == [f"Story {number}" for number in range(299, 289, -1)]
    assert len(out.splitlines()) == 40
    assert "and 290 more on the dashboard" in err


def test_two_are_told_in_full(capsys) -> None:
    _print({each.id: each for each in map(story, range(2))}, [])
    out, _ = capsys.readouterr()
    assert "And more." in out
    assert "Title 1" in out
    assert "Why they are together" in out


def test_of_a_world_storylines_and_each_watch_are_told(capsys) -> None:
    linked = [
        story(
            1, storyline="s1", first_seen=NOON + timedelta(days=1), links=(StoryLink(story_id="s2", kind="followed"),)
        ),
        story(
            2, storyline="s1", first_seen=NOON + timedelta(days=2), links=(StoryLink(story_id="s1", kind="follows"),)
        ),
    ]
    alerts = [
        Alert(id=f"a{hour}", watch_id="fires", condition="x", story_id="s1", at=NOON + timedelta(hours=hour),
              headline=f"Fire {hour}", articles=hour, origins=1)
        for hour in range(5)
    ]  # fmt: skip
    print_world(paper(), {each.id: each for each in [*linked, story(9)]}, alerts)
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("Storyline: Story 2")
    assert lines[at + 1 : at + 3] == ["  Monday     Story 1  s1", "  Tuesday    Story 2  s2"]
    at = lines.index("Watch fires: 5 alerts")
    assert lines[at + 1] == "  Sunday 16:00  Fire 4  (4 articles, 1 origin)  s1"
    assert [line.split()[3] for line in lines[at + 1 : at + 4]] == ["4", "3", "2"]
    assert "Watch breaking: 0 alerts" in lines
