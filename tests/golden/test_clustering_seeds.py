"""The two seed articles, in their own words cut short, become one story whichever comes first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.contracts.records import TaggedArticle
from streams.stages.cluster import Clusterer

SKY = TaggedArticle(
    id="sky",
    title="MI6: 'No evidence' Putin wants to negotiate peace in Ukraine",
    text=(
        'There is "absolutely no evidence" Russia\'s president wants to negotiate peace in Ukraine, the head of '
        "Britain's foreign intelligence service has said.\n\nMI6 chief Sir Richard Moore told a news conference on "
        'Friday Vladimir Putin was "stringing us along".\n\n"Bluntly, Putin has bitten off more than he can chew," he '
        "said at an outgoing news conference in Istanbul."
    ),
    source="Sky News",
    language="en",
)
WSJ = TaggedArticle(
    id="wsj",
    title="Putin in no mood to negotiate, UK spy chief says",
    text=(
        "ISTANBUL—The head of Britain’s foreign-intelligence agency, MI6, warned that Russian President Vladimir Putin "
        "has no desire to end the war in Ukraine.\n\n“I have seen absolutely no evidence that President Putin has any "
        "interest in a negotiated peace short of Ukrainian capitulation,” said Richard Moore, during a speech in "
        "Turkey.\n\n“He is stringing us along,” he said of the Russian leader. “Bluntly, Putin has bitten off more "
        "than he can chew.”"
    ),
    source="The Wall Street Journal",
    language="en",
)
OTHER = TaggedArticle(
    id="other",
    title="Ukraine harvest beats forecasts despite war",
    text="Farmers in southern Ukraine brought in more wheat than expected, the agriculture ministry in Kyiv said.",
    source="Farm Weekly",
    language="en",
    published=datetime(2025, 9, 19, tzinfo=UTC),
)


@pytest.mark.parametrize("order", [[SKY, WSJ, OTHER], [WSJ, SKY, OTHER], [OTHER, SKY, WSJ]])
def test_the_seeds_are_one_story(order: list[TaggedArticle]) -> None:
    clusterer = Clusterer()
    joined = None
    for position, article in enumerate(order):
        decision = clusterer.decide(article)
        assert decision is not None
        clusterer.apply(article, decision, position)
        joined = next((event for event in decision.events if event.type == "joined"), joined)
    homes = clusterer.assignments()
    assert homes["sky"] == homes["wsj"] != homes["other"]
    assert joined is not None
    assert joined.evidence is not None
    assert joined.evidence.score >= joined.evidence.threshold
    assert "putin" in {shared.label for shared in joined.evidence.terms}
    [story] = [story for story in clusterer.stories() if story.id == homes["sky"]]
    assert set(story.sources) == {"Sky News", "The Wall Street Journal"}
    assert story.origins == 2
