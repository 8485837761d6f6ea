"""What job-orders keeps of the registry's placements and persons: a copy, fed by events."""
