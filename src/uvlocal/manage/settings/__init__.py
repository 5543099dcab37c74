"""Show settings, and change them in the right file."""
