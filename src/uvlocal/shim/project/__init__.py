"""Find the project and its workspace root by uv's own rules."""
