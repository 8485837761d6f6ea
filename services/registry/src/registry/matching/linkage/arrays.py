"""The array types of linkage, named once."""

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Halves = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

MISSING = -1
"""The code of a value that a record does not have."""
