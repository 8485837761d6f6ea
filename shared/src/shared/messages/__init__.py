"""What services say to each other: payload models by owner, and one catalogue of all of them.

The only business knowledge that is shared. Payloads carry ids, codes, dates and states; never a
name, an identity number, an address or free text in clear.
"""
