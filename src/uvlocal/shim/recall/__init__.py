"""Record a decision with everything that it depends on, for the launcher to replay."""
