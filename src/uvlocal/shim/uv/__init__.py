"""The real uv: finding it, its version, the variables set for it, becoming it."""
