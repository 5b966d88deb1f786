"""What tells the reports on one event apart: angles with people of their own, other words for the same, many outlets.

A sentence's ``{event}`` is what its kind calls the event, ``{place}``, ``{person}`` and so on are the event's own; the
names after ``x`` belong to the angle: everyone who takes it meets the same people, whom no other angle knows.
"""

from __future__ import annotations

from streams.synth.words import OUTLETS, PLACE_ENDS, PLACE_STARTS

#: Angles, each with titles and facts in two or three wordings; the first fact can lead.
ANGLES: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...] = (
    (
        ("'We heard it first': a neighbour on {event} in {place}", "{xperson} watched {event} from a window in {place}",
         "What residents of {place} saw"),
        (("{xperson}, who keeps a bakery in {place}, was among the first to see what became of {event}.",
          "For {xperson} the morning began like any other; then came {event} in {place}.",
          "Nobody in {place} slept much, said {xperson}, a baker."),
         ("Her dog would not leave the kitchen.", "The dog hid below the kitchen table.", "Even the dog was afraid."),
         ("She gave tea to strangers until the pot cracked.", "Strangers sat on her stairs, drinking tea."),
         ("Children were sent to an aunt in {xplace}.", "Her children are staying in {xplace} for now."),
         ("{xsurname} keeps a diary, and has filled {xnumber} pages.", "In her diary it takes up {xnumber} pages.")),
    ),
    (
        ("Minister under pressure after {event} in {place}", "{xperson} faces questions over {place}",
         "Opposition demands inquiry into {event}"),
        (("Minister {xperson} was asked in parliament about {event} in {place}.",
          "The opposition wants {xperson}, the minister in charge, to answer for {event} in {place}.",
          "Parliament will hold an inquiry into {event} in {place}."),
         ("A motion of no confidence fell {xnumber} votes short.", "Only {xnumber} votes saved the minister."),
         ("Government benches jeered.", "There was shouting in the chamber.", "Deputies heckled from both sides."),
         ("The committee sits next in {xplace}.", "Hearings are to move to {xplace}."),
         ("{xsurname} called the charges cheap theatre.", "Cheap theatre, {xsurname} replied.")),
    ),
    (
        ("Markets shrug off {event}", "What {event} in {place} will cost", "Insurers count the bill from {place}"),
        (("Insurers put the bill for {event} in {place} at {xnumber} million.",
          "The losses from {event} in {place} may reach {xnumber} million, analysts at {xsurname} Capital estimate.",
          "Shares in the region fell after {event} in {place}, then recovered."),
         ("Premiums could rise in autumn.", "Policyholders must expect dearer premiums."),
         ("Analyst {xperson} advised clients to hold.", "{xperson}, an analyst, sees no reason to sell."),
         ("The currency hardly moved.", "Traders in {xplace} took little notice."),
         ("Lenders offered a payment holiday.", "Banks will wait for instalments.")),
    ),
    (
        ("A history of warnings before {event} in {place}", "{place}: the report that nobody read",
         "Engineers foresaw {event}, documents show"),
        (("A study by {xperson} had warned of something like {event} in {place} {xnumber} years ago.",
          "Documents seen by this newspaper show that warnings came long before {event} in {place}.",
          "Engineers at the {xplace} institute foresaw {event} in {place}."),
         ("The file was stamped and shelved.", "Its {xnumber} pages went to an archive."),
         ("A similar case in {xplace} ended in court.", "Courts in {xplace} once dealt with the like."),
         ("{xsurname} has since retired to the coast.", "The author, {xsurname}, no longer gives lectures."),
         ("Archivists confirmed the signature.", "The signature is genuine, an archivist said.")),
    ),
    (
        ("Volunteers rally after {event}", "Choir sings for {place}", "Thousands give to {place} appeal"),
        (("Volunteers led by {xperson} have raised {xnumber} thousand since {event} in {place}.",
          "A choir from {xplace} sang on Sunday for those hit by {event} in {place}.",
          "Donations have poured into {place} since {event}."),
         ("Blankets filled a sports hall.", "The sports hall is stacked with blankets and tins."),
         ("A goalkeeper auctioned his gloves.", "Gloves signed by a goalkeeper went under the hammer."),
         ("{xsurname} thanked pensioners who sent coins.", "Coins came from pensioners, {xsurname} said."),
         ("A lorry left {xplace} at dawn.", "The first lorry set out from {xplace}.")),
    ),
    (
        ("Lawyers circle after {event} in {place}", "Court hears first claim over {place}",
         "{xperson} to represent families of {place}"),
        (("Barrister {xperson} filed the first claim over {event} in {place}.",
          "A judge in {xplace} will hear claims that follow {event} in {place}.",
          "Families from {place} have hired {xperson} to sue."),
         ("The bench set a date in spring.", "A hearing is listed for spring."),
         ("Witness statements run to {xnumber} folders.", "Clerks wheeled in {xnumber} folders."),
         ("Settlement talks collapsed.", "Mediation failed within an hour."),
         ("{xsurname} works without a fee.", "No fee will be charged, {xsurname} promised.")),
    ),
    (
        ("Schools reopen in {place}", "{place} returns to work", "After {event}: a town sweeps up"),
        (("Schools and shops in {place} opened again, days after {event}.",
          "Life is returning to {place} after {event}.",
          "Buses ran in {place} for the first time since {event}."),
         ("Headteacher {xperson} rang the bell by hand.", "The bell was rung by {xperson}, the head teacher."),
         ("A florist gave away tulips.", "There were free tulips at the florist's."),
         ("Repairs will last {xnumber} weeks.", "It takes {xnumber} more weeks, contractors reckon."),
         ("A football match against {xplace} goes ahead.", "Saturday's match with {xplace} will be played.")),
    ),
    (
        ("Explainer: {event} in {place} in five questions", "How could it come to {event}?",
         "What we know about {place}"),
        (("How did it come to {event} in {place}, and what happens next? Professor {xperson} explains.",
          "Professor {xperson} has studied cases like {event} in {place}.",
          "Much about {event} in {place} is still unclear; this is what is known."),
         ("Such cases are rare: {xnumber} in a century.", "Records list {xnumber} comparable cases."),
         ("Models disagree about the cause.", "Scholars argue over causes."),
         ("Her laboratory in {xplace} built a replica.", "A replica stands in a laboratory in {xplace}."),
         ("{xsurname} warns against quick conclusions.", "Haste helps nobody, {xsurname} thinks.")),
    ),
)  # fmt: skip

#: Other words for the same, one of which a desk may prefer.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "said": ("told reporters", "explained", "noted", "added", "remarked"),
    "people": ("residents", "men and women", "locals"),
    "closed": ("shut", "blocked off"),
    "hurt": ("injured", "wounded"),
    "blaze": ("inferno", "fire"),
    "fire": ("blaze", "conflagration"),
    "spread": ("raced", "jumped"),
    "began": ("started", "broke out"),
    "told": ("informed", "assured"),
    "town": ("community", "borough"),
    "ready": ("prepared", "impatient"),
    "margin": ("lead", "majority"),
    "bypass": ("ring road", "relief road"),
    "recount": ("second count", "fresh tally"),
    "Detective": ("Inspector", "Investigator"),
    "hospital": ("clinic", "infirmary"),
    "critical": ("grave", "life-threatening"),
    "found": ("recovered", "discovered"),
    "factory": ("plant", "works"),
    "cutting": ("axing", "shedding"),
    "jobs": ("posts", "positions"),
    "blamed": ("faulted", "pointed to"),
    "Union": ("Labour", "Workers'"),
    "homes": ("houses", "dwellings"),
    "flooded": ("inundated", "swamped"),
    "Mayor": ("Town head", "Council leader"),
    "bridge": ("crossing", "viaduct"),
    "drowned": ("perished", "died"),
    "rain": ("downpours", "storms"),
}

#: The well-known sixteen, and the papers of every town.
ALL_OUTLETS = (*OUTLETS, *(f"{start}{end} {name}" for name in ("Gazette", "Argus", "Mercury") for start in PLACE_STARTS
                           for end in PLACE_ENDS))  # fmt: skip
