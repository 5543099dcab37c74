"""Record a decision with all that it rests on, for the launcher to replay; none is made here."""
