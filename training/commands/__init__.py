"""`streams eval`, `train` and `synth`: the commands of a source checkout."""
