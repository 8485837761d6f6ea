"""Linking records to persons, and undoing it: link, unlink, merge, split, review."""
