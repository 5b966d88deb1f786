"""Pages, API and feeds over the store. They change nothing, and fold nothing themselves."""
