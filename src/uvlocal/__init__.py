"""uvlocal keeps the environments of uv projects off synced and network volumes.

Two halves. `uvlocal.shim` stands in the way of every `uv` call: it gathers facts, decides, and
becomes the real uv. `uvlocal.manage` is what a person runs: it shows the same decision, and tidies.
This file is on the way of every call, so it imports nothing.
"""

__version__ = "0.1.0"
