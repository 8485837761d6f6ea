"""What can be done with a job order. Each operation is one transaction and never commits."""

from job_orders.orders.operations.changes import view_of
from job_orders.orders.operations.deciding import (
    endorse_order,
    issue_order,
    reject_order,
    return_order,
)
from job_orders.orders.operations.drafting import amend_order, draft_order, submit_order
from job_orders.orders.operations.ending import cancel_order, expire_due_orders

__all__ = [
    "amend_order",
    "cancel_order",
    "draft_order",
    "endorse_order",
    "expire_due_orders",
    "issue_order",
    "reject_order",
    "return_order",
    "submit_order",
    "view_of",
]
