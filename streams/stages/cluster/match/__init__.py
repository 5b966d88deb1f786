"""Which story an article belongs to, and why."""
