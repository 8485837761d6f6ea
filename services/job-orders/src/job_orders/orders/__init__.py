"""Job orders: demands for workers that a mission verifies and KP2MI issues."""
