"""Put the shim first on PATH, check it, and undo that."""
