"""The interface to the operating system: one method per fact, no rules of uvlocal."""
