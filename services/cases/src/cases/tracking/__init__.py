"""What whoever holds a tracking code may know of a case: where it stands, and who answers."""
