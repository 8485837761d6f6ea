"""How records enter: one by one, in batches, and from a case."""
