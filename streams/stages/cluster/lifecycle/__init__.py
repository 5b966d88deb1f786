"""The life of a story as events, and the fold that makes a story of them."""
