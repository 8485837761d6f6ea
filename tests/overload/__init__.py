"""Ten times the load that the stack can serve, and what becomes of reports of cases meanwhile."""
