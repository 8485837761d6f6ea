"""Time limits of a case: by when the next step is due, and whether a period has run out."""
