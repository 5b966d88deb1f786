"""Bytes, markup and text into lines. Decides nothing about them."""
