"""What a directory lies on, with the evidence; nothing about what to do about it."""
