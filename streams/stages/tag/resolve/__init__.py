"""Mentions to entities with one identity each. No recogniser in here."""
