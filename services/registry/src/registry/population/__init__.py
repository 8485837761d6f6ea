"""The population ledger: how many people are where, since when, and why the number changed."""
