"""Measured runs, started by `make bench`: how fast Sinergi is, and against what. No tests."""
