"""Projects: the status of one, a scan for many, their pointers, their migration."""
