"""Which project and workspace root that is, by uv's own rules; nothing about volumes."""
