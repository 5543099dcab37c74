"""Check everything that uvlocal rests on, and mend what is safe to mend."""
