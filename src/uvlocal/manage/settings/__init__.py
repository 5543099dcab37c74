"""Show settings, and change them in the file they belong to."""
