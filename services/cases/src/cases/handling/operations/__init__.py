"""What can be done with a case, by officers and by events. Nothing here commits."""
