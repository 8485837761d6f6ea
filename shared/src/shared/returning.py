"""When somebody who was refused should come back: the number of a Retry-After header."""

import math
import random

LONGEST_SECONDS = 60
_SPREAD = 0.5


def seconds_to_return(wait: float) -> int:
    """Whole seconds after which it is worth asking again: the expected wait and up to half more.

    The random part keeps those who were refused together from coming back together.
    """
    spread = random.uniform(1.0, 1.0 + _SPREAD)  # noqa: S311 - no secret.
    return max(1, math.ceil(min(wait, LONGEST_SECONDS) * spread))
