"""Pinned model weights and the one evaluator of boosted trees. Knows no stage."""
