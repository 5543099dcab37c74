"""What `no-metadata` does in a project's own `.venv`."""
