"""What a story tells: the sentences that say what happened, and what its articles count, date and spell differently.

Each article gives a few sentences and claims, bounded; a story holds those of many and chooses or compares. Nothing is
generated: every word shown stands so in an article. No decision on where an article belongs looks at any of it.
"""
