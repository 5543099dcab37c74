"""Read, write and remove files safely; nothing here knows what a file is for."""
