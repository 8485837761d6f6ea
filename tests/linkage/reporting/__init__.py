"""Writes docs/linkage-report.md from judgements; measures nothing."""
