"""Put the shim first on PATH, inspect that it is there, and undo it."""
