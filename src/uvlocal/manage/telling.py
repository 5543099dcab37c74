"""How work that may take long tells how far it is; `views.progress` shows it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

#: Hears what is counted, in the singular, how many are done, and of how many, 0 where that is not
#: known.
Tell: TypeAlias = "Callable[[str, int, int], None]"


def nobody(what: str, done: int, total: int) -> None:
    """Hear nothing."""
