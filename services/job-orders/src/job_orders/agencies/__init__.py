"""Placement agencies (P3MI): licences (SIP3MI), sanctions, and the standing on any day."""
