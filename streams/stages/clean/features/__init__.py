"""What a line looks like, in named numbers. No weights in here."""
