"""Cases from triage to closure: who is concerned, who answers, what was done and when."""
