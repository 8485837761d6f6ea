"""Synthetic registers whose true pairs are known; nothing here knows a matcher."""
