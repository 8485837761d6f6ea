"""Reference data, served as it is committed in shared.reference."""
