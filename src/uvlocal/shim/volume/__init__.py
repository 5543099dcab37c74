"""Which volume a directory is on, with the evidence."""
