"""Other people's tools on the same records. They run in an environment of their own."""
