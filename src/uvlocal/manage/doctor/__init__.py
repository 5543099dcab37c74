"""Check everything that uvlocal depends on, and fix what is safe to fix."""
