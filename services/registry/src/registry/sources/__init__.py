"""What each ministry's system said: verbatim, versioned, never changed by the other's data."""
