"""Pages, API and feeds over the store."""
