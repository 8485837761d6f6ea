"""What Sinergi is measured against: the least that the same work could cost."""
