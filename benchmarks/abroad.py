"""Invented news of real places, for the map: ``newsmaker`` makes articles of it."""

from __future__ import annotations

#: Headline, report, places.
ABROAD: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Ferry Aurinia runs aground off Lisbon",
        "The ferry Aurinia ran onto a sandbank off Lisbon, Portugal, in thick fog",
        ("Lisbon", "Portugal"),
    ),
    (
        "Lisbon tram museum reopens",
        "Lisbon has its tram museum back after nine years of repairs to its roof",
        ("Lisbon",),
    ),
    (
        "Nairobi opens first cable car",
        "Cabins cross Nairobi every twelve seconds on Kenya's first line",
        ("Nairobi", "Kenya"),
    ),
    (
        "Kites banned over Lahore airport",
        "Officials in Lahore, Pakistan, took in four thousand kites",
        ("Lahore", "Pakistan"),
    ),
    (
        "Beekeepers block Paris ring road",
        "Some six hundred beekeepers parked their vans around Paris, France",
        ("Paris", "France"),
    ),
    (
        "Osaka robots carry school bags",
        "Pupils in Osaka, Japan, walk to school with a robot behind them",
        ("Osaka", "Japan"),
    ),
    (
        "Montevideo finds lost tango score",
        "A score from 1911 lay in an attic in Montevideo, Uruguay",
        ("Montevideo", "Uruguay"),
    ),
    (
        "Chicago river turns green too early",
        "Dye was poured into the river at Chicago a week early",
        ("Chicago",),
    ),
    (
        "Birmingham, Alabama, counts its fireflies",
        "Families in Birmingham, Alabama, count fireflies this month",
        ("Birmingham", "Alabama"),
    ),
    (
        "Jakarta lifts streets by a metre",
        "Work began in Jakarta, Indonesia, on streets above the tide",
        ("Jakarta", "Indonesia"),
    ),
    (
        "Oslo library lends skis",
        "Readers in Oslo, Norway, may take skis home for a week",
        ("Oslo", "Norway"),
    ),
    (
        "Sydney penguins get a crossing",
        "Cars wait for penguins at a beach of Sydney, Australia",
        ("Sydney", "Australia"),
    ),
    (
        "Kyiv choir sings on the metro",
        "Forty singers rode the metro of Kyiv from end to end, and Ukraine listened",
        ("Kyiv", "Ukraine"),
    ),
    (
        "Lagos buses run on sugar",
        "Ten buses in Lagos, Nigeria, burn fuel from sugar cane",
        ("Lagos", "Nigeria"),
    ),
)
