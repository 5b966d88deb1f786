"""Model weights that are fetched, not shipped: which there are, where they live, proof that they are ours."""
