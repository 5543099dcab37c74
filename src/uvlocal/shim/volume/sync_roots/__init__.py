"""Where sync clients keep their folders, read from the clients' own configuration."""
