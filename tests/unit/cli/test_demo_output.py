"""What the demo prints: two stories in full, of many the largest few."""

from __future__ import annotations

from streams.cli.demo import _print
from streams.contracts.records import Sentence, Story, StoryArticle


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
