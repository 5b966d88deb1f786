"""Stages over messages: what becomes of each record, the pool, state and its versions. Only ``faust/`` knows Faust.

Nothing in here decides about an article.
"""
