"""Read, write and remove files safely, whatever they are for."""
