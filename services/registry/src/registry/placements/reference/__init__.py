"""The steps of each placement scheme, as data that the rules read."""
