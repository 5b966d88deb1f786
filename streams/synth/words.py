"""Names and sentences for made-up news. A kind of event: titles, and facts each in several wordings, lead first."""

from __future__ import annotations

from typing import TypedDict


class Kind(TypedDict):
    """The titles and facts of a kind of event, at first and in its follow-up, and what others call it in passing."""

    event: str
    titles: tuple[str, ...]
    first: tuple[tuple[str, ...], ...]
    follow: tuple[tuple[str, ...], ...]


FIRST = ("Ada", "Bruno", "Carla", "Dimitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katya", "Luca", "Mina",
         "Nils", "Olga", "Pavel", "Rosa", "Samir", "Tessa", "Viktor")  # fmt: skip
SURNAMES = ("Alder", "Berg", "Castel", "Dorn", "Ever", "Falk", "Gar", "Hollis", "Iver", "Jans", "Kesh", "Lind", "Marr",
            "Nord", "Osk", "Pell", "Quill", "Rask", "Stroh", "Tarn", "Ulm", "Vash", "Wend", "Yar", "Zell")  # fmt: skip
SURNAME_ENDS = ("man", "sen", "ova", "ez", "field", "ski", "er", "ian", "dottir", "ini")
PLACE_STARTS = ("Ash", "Brack", "Cold", "Dun", "East", "Fern", "Glen", "Har", "Iron", "Kings", "Long", "Mill", "North",
                "Oak", "Port", "Quarry", "Red", "Stone", "Thorn", "West")  # fmt: skip
PLACE_ENDS = ("bury", "ford", "haven", "mouth", "ton", "wick", "field", "bridge", "stead", "dale", "port", "well")
OUTLETS = ("The Morning Ledger", "Coast Herald", "Daily Beacon", "Evening Courier", "The Plainsman", "Harbour Times",
           "National Post Box", "City Wire", "The Observer Weekly", "Valley News", "Metro Dispatch", "The Chronicle",
           "Northern Echoes", "Southern Star", "The Tribune Online", "Capital Gazette")  # fmt: skip
AGENCIES = ("Continental Press Agency", "Meridian News Wire", "Allied Reports")

KINDS: tuple[Kind, ...] = (
    {
        "event": "the warehouse fire",
        "titles": (
            "{number} hurt as fire sweeps through warehouse in {place}",
            "Warehouse blaze in {place} injures {number}",
            "{place} fire: crews battle flames on {street}",
        ),
        "first": (
            ("A fire tore through a warehouse on {street} in {place} on {day}, injuring {number} people.",
             "At least {number} people were hurt on {day} when a warehouse in {place} went up in flames."),
            ("Fire chief {person} said the flames spread from a loading bay.",
             "The blaze began near a loading bay, according to {person}, who leads the local fire service."),
            ("Smoke could be seen as far away as {near}.", "People in {near} were told to keep their windows shut."),
            ('"I have not seen anything like it in thirty years," {surname} said.',
             "{surname} called it the worst blaze of a thirty-year career."),
            ("Owner {other} said {amount} pallets of paint were inside.",
             "About {amount} pallets of paint were stored there, said the owner, {other}."),
            ("Roads around {street} stayed closed into the night.", "Police kept {street} closed until late."),
        ),
        "follow": (
            ("Investigators have blamed a faulty charger for the warehouse fire on {street} in {place}.",
             "A faulty charger caused the {place} warehouse fire that hurt {number} people, a report has found."),
            ("{person} said the sprinklers had not been tested.", "Sprinklers went untested, said {person}."),
            ("The owner, {other}, faces a fine.", "{othername} may be fined over the blaze."),
        ),
    },
    {
        "event": "the mayoral vote",
        "titles": (
            "{person} wins {place} mayoral race by {amount} votes",
            "{place} elects {surname} as mayor",
            "Narrow victory for {surname} over {othername} in {place}",
        ),
        "first": (
            ("{person} has been elected mayor of {place}, beating {other} by {amount} votes.",
             "Voters in {place} chose {person} as their mayor on {day}, by a margin of {amount} votes."),
            ("Turnout was {number} per cent.", "Some {number} per cent of those entitled to vote did so."),
            ('"This town is ready for change," {surname} told supporters.',
             "{surname} told supporters that the town was ready for change."),
            ("{othername} asked for a recount.", "The losing candidate, {other}, wants the ballots counted again."),
            ("The campaign was fought over a bypass to {near}.", "A planned bypass to {near} dominated the campaign."),
        ),
        "follow": (
            ("A recount has confirmed {person} as mayor of {place}.",
             "{person} remains mayor of {place} after a recount of the ballots."),
            ("{othername} accepted the result.", "{other} said the matter was closed."),
            ("{surname} promised to halt the bypass to {near}.", "The {near} bypass will stop, {surname} said."),
        ),
    },
    {
        "event": "the shooting",
        "titles": (
            "Man, {age}, shot on {street} in {place}",
            "Police seek gunman after {place} shooting",
            "{place} shooting leaves {surname}, {age}, in hospital",
        ),
        "first": (
            ("A {age}-year-old man was shot on {street} in {place} on {day} night, police said.",
             "Police in {place} are looking for a gunman after a man aged {age} was shot on {street}."),
            ("The victim was named as {person}.", "Relatives named the wounded man as {person}."),
            ("{surname} was taken to a hospital in {near} in a critical condition.",
             "He was being treated in {near}, where doctors described his condition as critical."),
            ("Detective {other} asked witnesses to come forward.", "Anyone who saw it should call, said {other}."),
            ("Officers found {number} shell casings.", "Some {number} casings lay in the road, officers said."),
        ),
        "follow": (
            ("A suspect has been charged over the shooting of {person} on {street} in {place}.",
             "Police have charged a man with shooting {person} in {place}."),
            ("Detective {other} thanked witnesses.", "{othername} said witnesses had made the difference."),
            ("{surname} has left hospital.", "The victim is recovering at home."),
        ),
    },
    {
        "event": "the factory closure",
        "titles": (
            "{surname} Works to close {place} plant with loss of {amount} jobs",
            "{amount} jobs to go as {place} factory shuts",
            "Union vows to fight closure in {place}",
        ),
        "first": (
            ("{surname} Works will close its factory in {place}, cutting {amount} jobs.",
             "Some {amount} people will lose their jobs when the {surname} Works factory in {place} closes."),
            ("Chief executive {person} blamed the price of energy.", "Energy has grown too dear, said {person}."),
            ("Union leader {other} spoke of betrayal.", "{other} of the union called the decision a betrayal."),
            ("Production moves to {near} within {number} months.", "In {number} months, {near} will take over."),
            ('"We will fight for every single job," {othername} said.', "{othername} promised to fight for every job."),
        ),
        "follow": (
            ("The {surname} Works factory in {place} has been saved by a buyer.",
             "A buyer has been found for the {surname} Works plant in {place}, saving most of {amount} jobs."),
            ("{other} of the union spoke of relief.", "Union leader {other} welcomed the sale."),
            ("{person} will leave the company.", "Chief executive {person} is to step down."),
        ),
    },
    {
        "event": "the flood",
        "titles": (
            "River bursts its banks in {place}, {amount} homes flooded",
            "Flood in {place} drives hundreds from their homes",
            "{place} under water after {number} hours of rain",
        ),
        "first": (
            ("Floodwater poured into {amount} homes in {place} after {number} hours of rain.",
             "The river burst its banks in {place} on {day} and {amount} homes were flooded."),
            ("Mayor {person} opened the school as a shelter.", "People slept in the school that {person} opened."),
            ("A bridge to {near} was swept away.", "The road bridge to {near} is gone."),
            ("Farmer {other} lost {age} cattle.", "{other}, a farmer, said {age} of his cattle had drowned."),
            ('"The water came faster than anyone could run," {othername} said.',
             "{othername} said nobody could have outrun the water."),
        ),
        "follow": (
            ("Work has begun on a new bridge between {place} and {near} after the flood.",
             "{place} is to get a new bridge to {near} in place of the one that the flood took."),
            ("Mayor {person} said it would be higher.", "It will stand higher, {person} said."),
            ("{othername} has been paid for his cattle.", "Farmers such as {other} have had compensation."),
        ),
    },
)  # fmt: skip
