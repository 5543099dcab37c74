"""The real uv: finding it, its version, its variables, and becoming it."""
