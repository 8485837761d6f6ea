"""Whole registers against each other: candidates, comparison in columns, model, decision."""
