"""Reading the log as it grows, and telling whoever watches. No pages and no SQL in here."""
