"""What commands print; the only package that prints."""
