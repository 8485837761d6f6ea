"""Synthetic people of both systems, with the truth about them, and the loader of the pilot data.

Nobody in here exists: every NIK bears region code 99, which no region has; passport letters are
ones that Indonesia does not issue; telephone numbers cannot be dialled; e-mail is example.com.
"""
