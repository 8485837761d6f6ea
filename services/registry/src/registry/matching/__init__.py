"""Is this the same human being? Names, numbers, features and the one matcher behind every entry."""
