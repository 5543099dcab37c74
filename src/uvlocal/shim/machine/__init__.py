"""The operating system behind one seam: one method per outside fact; no rule of uvlocal."""
