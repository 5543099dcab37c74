"""What a person runs: `uvlocal status`, `uvlocal install`, and the rest.

Imports point one way: `manage` uses `shim`, never the reverse (the one exception is `store`, which
the shim imports at the moment a project's first record is written).
"""
