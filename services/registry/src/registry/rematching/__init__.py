"""Another model for all persons: rehearsed before it decides."""
