"""How many workers are present, registered or not: estimated from two lists, never counted."""
