"""The whole stack under traffic and faults, and the audit of what is left: `make chaos`."""
