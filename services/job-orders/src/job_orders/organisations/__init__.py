"""Employers and agencies that may be one under two names: found, and put to an officer."""
