"""Employers abroad: who they are, whether a mission verified them, whether they are listed."""
