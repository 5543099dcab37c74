"""How much the tests below `tests/stress` do, and from which seed.

An ordinary run does a bounded part of it; `make test-hard` sets `UVLOCAL_HARD` and does all. The
same `UVLOCAL_HARD_SEED` gives the same cases.
"""

from __future__ import annotations

import os

#: Whether everything is to be done, however long it takes.
ALL = os.environ.get("UVLOCAL_HARD", "") not in ("", "0")
#: The seed of everything random.
SEED = int(os.environ.get("UVLOCAL_HARD_SEED", "0"))


def count(usual: int, hard: int) -> int:
    """Return how many cases to run: `usual` in an ordinary run, `hard` with `make test-hard`."""
    return hard if ALL else usual
