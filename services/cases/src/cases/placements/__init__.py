"""Copies of what other services own: placements, and who stands behind them. Fed by events."""
