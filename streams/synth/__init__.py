"""Made-up news with known stories: `streams synth`, the demo's week, training's look-alikes, tests and benchmarks.

Pure: it knows nothing of Kafka, of stages, or of what time it is.
"""
