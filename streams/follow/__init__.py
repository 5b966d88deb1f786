"""Feeds, sitemaps and pages of the web → raw records → Kafka: the producer for whoever has a list of outlets.

``sources`` reads the list, ``listing`` what a feed names, ``fetch`` gets pages politely (``robots``, ``pace``) and
safely (``addresses``, ``decode``), ``share`` and ``visit`` decide what is due and what became of it, ``members`` shares
the work by Kafka.
Nothing is cleaned or judged in here beyond what tells a new page from a known one.
"""
