"""Which lines are the article: learned scores and the selection that follows. Describes no line itself."""
