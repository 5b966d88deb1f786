"""An article as weighted terms, and what speaks for its joining a story."""
