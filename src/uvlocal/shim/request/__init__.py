"""What uv is asked to do, read from argv and variables as uv reads them."""
