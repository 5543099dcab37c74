"""The output of commands; the only package that prints."""
