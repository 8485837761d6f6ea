"""Seats of issued job orders: a double-entry ledger per line, and reservations with an expiry."""
