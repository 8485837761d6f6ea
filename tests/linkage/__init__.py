"""A lab that judges record linkage: registers with known truth, metrics, rivals, a report."""
