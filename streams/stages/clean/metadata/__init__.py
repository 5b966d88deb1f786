"""Title, authors, dates, credit and language beside the text."""
