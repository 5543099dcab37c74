"""The table of sync providers; rows only, no logic."""
