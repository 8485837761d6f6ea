"""Whether a system lied, looked at from outside in all databases and topics once it is quiet."""
