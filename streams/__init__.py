"""News Streams: raw news articles in, stories with their evidence out."""

__version__ = "0.2.0"
