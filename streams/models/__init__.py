"""Model weights that are fetched, not shipped: which there are, where they live, proof that they are ours.

What they compute is their stage's business.
"""
