"""The way to the three services: which owns a path, and how a call travels there and back."""
