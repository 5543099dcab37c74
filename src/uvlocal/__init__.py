"""uvlocal keeps the environments of uv projects off synced and network volumes.

`uvlocal.shim` runs in every `uv` call: it gathers facts, decides, and becomes the real uv.
`uvlocal.manage` is the command line for people: it shows the same decision, and manages the
environments. Every call runs this file, so it imports nothing.
"""

__version__ = "0.1.0"
