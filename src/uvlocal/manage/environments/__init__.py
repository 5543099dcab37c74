"""The environments in the store and their records: list, measure, prune, adopt, remove."""
