"""Where environments are kept, their names, and pointers to them; nothing is decided here."""
