"""What a directory is on, with the evidence; nothing about what to do about it."""
