"""Quotations and who said them. Takes the entities as they are given; makes and changes none."""
