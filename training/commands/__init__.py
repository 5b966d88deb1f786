"""`streams eval` and `train`: the commands of a source checkout. Nothing is fitted or measured in here."""
