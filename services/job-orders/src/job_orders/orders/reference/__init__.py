"""Data that the rules of job orders read."""
