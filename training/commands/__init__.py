"""`streams eval`, `train` and `synth`: the commands of a source checkout. Nothing is fitted or measured in here."""
