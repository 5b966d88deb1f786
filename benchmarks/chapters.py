"""A made-up storyline for the screenshots: an affair of three weeks, a chapter a week. No outlet or person is real."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import newsmaker

from streams.contracts.records import EntityType, TaggedArticle

#: Days ago; headlines, one a report; sentences that all report; what each adds.
Chapter = tuple[int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
CHAPTERS: tuple[Chapter, ...] = (
    (
        22,
        ("Inspectors find cracks in the Lindvik tunnel", "Forty cracks in roof of Lindvik's tunnel",
         "Lindvik: what inspectors saw under the fjord"),
        ("Inspectors with lamps and hammers have counted 40 cracks in the roof of the road tunnel at Lindvik.",
         "Karin Holt, who leads the Roads Agency, said that engineers would measure them every night for a month.",
         "The longest runs over nine metres and lets in water, their report says.",
         "Brenner Group dug the tube under the fjord and handed it over six years ago."),
        ("Drivers had written of wet windscreens since autumn.", "Sensors will be screwed to the vault at night.",
         "At the last inspection, in spring, the vault was called sound."),
    ),
    (
        15,
        ("Ferries return to Lindvik as slab falls on the road", "Falling slab sends Lindvik's cars back to the ferry",
         "Lindvik commuters queue for old ferries"),
        ("A slab as heavy as a small car dropped onto the empty roadway before dawn, and Lindvik went back to ferries.",
         "Karin Holt sent the barriers down within the hour; nobody was hurt.",
         "Two boats that were laid up in 2019 carry commuters again, 60 cars at a time, from half past five.",
         "Lorries have to drive around the fjord, two hours more, and bakers deliver by bicycle."),
        ("The queue reached the church by seven.", "The ferry company looks for forty deckhands.",
         "School begins an hour later until Easter."),
    ),
    (
        7,
        ("Roads Agency takes Brenner Group to court", "Builder sued for 90 million over thin concrete",
         "Brenner Group denies that it cheated on concrete"),
        ("The Roads Agency wants 90 million crowns in damages and filed its suit at the district court on Monday.",
         "Cores drilled by a laboratory are a third thinner than Brenner Group wrote in its papers, Karin Holt said.",
         "The company called the charge absurd, and blamed salt and poor maintenance at Lindvik.",
         "A former site manager is to be the first witness when hearings begin in May."),
        ("Shares in the firm fell by a tenth.", "Its lawyers asked for another laboratory.",
         "Two judges have stepped aside, as they own holiday homes nearby."),
    ),
    (
        1,
        ("Brenner Group settles and pays 70 million", "Settlement ends suit between builder and Roads Agency",
         "Karin Holt accepts 70 million from Brenner Group"),
        ("Brenner Group will pay 70 million crowns and admits no fault, both sides said after a night of talks.",
         "The money buys a steel lining, and traffic may roll again at Lindvik in nine months, Karin Holt said.",
         "In return the Roads Agency withdraws its suit; the witness will not be heard.",
         "Chief executive Anders Brenner had left his post the week before."),
        ("Opposition members called the sum a bargain for the firm.", "The mayor opened a bottle, of water.",
         "Ferries go on until the lining is in."),
    ),
)  # fmt: skip


NAMES: dict[str, EntityType] = {"Karin Holt": "PER", "Roads Agency": "ORG", "Brenner Group": "ORG", "Lindvik": "LOC"}


def articles(now: datetime) -> Iterator[TaggedArticle]:
    """The reports of all chapters up to ``now``, oldest first."""
    for number, (days, headlines, shared, added) in enumerate(CHAPTERS):
        for place, (headline, own) in enumerate(zip(headlines, added, strict=True)):
            told = (*shared[place:], own, *shared[:place]) if place < 2 else (shared[0], own, *shared[1:])
            yield newsmaker.article(
                f"chapter-{number}-{place}",
                headline,
                "\n\n".join(told),
                NAMES,
                ("", ""),
                newsmaker.OUTLETS[(5 * number + 3 * place) % len(newsmaker.OUTLETS)],
                None,
                now - timedelta(days=days, minutes=-50 * place),
            )
