"""Who calls: outer tokens, purposes, limits, and the transaction tokens minted for services."""
