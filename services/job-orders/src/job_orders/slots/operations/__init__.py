"""What can be done with seats. Each operation is one transaction and never commits."""

from job_orders.slots.operations.moves import actor_of
from job_orders.slots.operations.opening import SeatsToOpen, close_slots, open_slots
from job_orders.slots.operations.permits import PermitTerms, commit_to_permit, return_to_permit
from job_orders.slots.operations.reserving import release_slot, reserve_slot
from job_orders.slots.operations.told import (
    consume_slot,
    release_lapsed_slot,
    release_slot_of_placement,
)

__all__ = [
    "PermitTerms",
    "SeatsToOpen",
    "actor_of",
    "close_slots",
    "commit_to_permit",
    "consume_slot",
    "open_slots",
    "release_lapsed_slot",
    "release_slot",
    "release_slot_of_placement",
    "reserve_slot",
    "return_to_permit",
]
