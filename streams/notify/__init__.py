"""Alerts to people: web hooks, chats and mail, at least once each, in the hours that a watch says.

``sinks`` says where to, ``timing`` when, ``wording`` what it reads like, ``outbox`` what is still to go, ``send`` how
one goes; ``service`` reads the topic of alerts and keeps what is to go in rows of a topic of its own.
"""
