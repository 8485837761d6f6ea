"""What every service stands on. Business words live in `messages` and `reference` only."""
