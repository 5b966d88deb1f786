"""What a language knows: how rare terms are, and which stories a term leads to."""
