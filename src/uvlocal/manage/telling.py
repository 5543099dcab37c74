"""How slow work reports its progress, which `views.progress` shows."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

#: Gets the name of what is counted, in the singular, the number so far, and the total (0: unknown).
Tell: TypeAlias = "Callable[[str, int, int], None]"


def nobody(what: str, done: int, total: int) -> None:
    """Ignore the progress."""
