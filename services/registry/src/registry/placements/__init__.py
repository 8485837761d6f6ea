"""The journey of one job abroad, step by step."""
