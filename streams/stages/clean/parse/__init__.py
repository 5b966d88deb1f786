"""Bytes, markup and text into lines. Decides nothing about them, and imports nothing of the other folders."""
