"""Title, authors, dates, credit and language beside the text; which lines are the article is not decided in here."""
