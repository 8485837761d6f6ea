"""Views over several services, each saying which part of it is missing and why."""
