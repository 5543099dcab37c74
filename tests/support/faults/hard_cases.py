"""The amount and the seed of the tests in `tests/stress`.

A normal run does a limited part; `make test-hard` sets `UVLOCAL_HARD` and does everything. The same
`UVLOCAL_HARD_SEED` gives the same cases.
"""

from __future__ import annotations

import os

#: Whether to do everything, however long it takes.
ALL = os.environ.get("UVLOCAL_HARD", "") not in ("", "0")
#: The seed of all random choices.
SEED = int(os.environ.get("UVLOCAL_HARD_SEED", "0"))


def count(usual: int, hard: int) -> int:
    """Return the number of cases: `usual` in a normal run, `hard` with `make test-hard`."""
    return hard if ALL else usual
