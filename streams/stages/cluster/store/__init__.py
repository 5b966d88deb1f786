"""What the clusterer remembers, as rows."""
