"""Who is where, since when, and who says so."""
