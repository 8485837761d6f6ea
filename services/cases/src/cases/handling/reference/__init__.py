"""Data that the rules of handling read."""
