"""How alike two organisations are: pure reading of names and contacts, and weights in bits."""
