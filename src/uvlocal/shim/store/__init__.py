"""Where environments are kept, their names, and pointers to them."""
