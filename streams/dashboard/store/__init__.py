"""The projection of the decision log that pages are read from. No web in here."""
