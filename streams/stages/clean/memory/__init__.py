"""What cleaning remembers of a partition: revisions and each host's recurring lines. Stores nothing itself."""
