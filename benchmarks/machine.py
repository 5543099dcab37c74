"""The conditions of a measurement, without names of the machine, its user or its folders."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from typing import Any

import uvlocal

#: A machine with a higher load than this, in running processes per core, is busy.
BUSY = 0.5


def load() -> float:
    """Return the average number of runnable processes in the last minute."""
    if sys.platform == "win32":
        return 0.0
    return round(os.getloadavg()[0], 2)


def is_busy(value: float) -> bool:
    """Return whether a machine with this load is too busy to measure on."""
    return value > BUSY * (os.cpu_count() or 1)


class Conditions:
    """The conditions of a measurement; the load before is that before its first part."""

    def __init__(self, *, quick: bool) -> None:
        self._quick = quick
        self.before = load()

    def over(self, uv: str = "") -> dict[str, Any]:
        """Return the conditions after a part; `uv` is the version of the uv that was measured."""
        return {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.release().partition('-')[0]}",
            "python": platform.python_version(),
            "uvlocal": uvlocal.__version__,
            "uv": uv,
            "load_before": self.before,
            "load_after": load(),
            "busy": is_busy(self.before),
            "quick": self._quick,
        }


def _processor() -> str:
    """Return the name of the processor, or "" if it is not known."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            names = [line.partition(":")[2] for line in file if line.startswith("model name")]
    except OSError:
        return platform.processor()
    return " ".join(names[0].split()) if names else platform.machine()
