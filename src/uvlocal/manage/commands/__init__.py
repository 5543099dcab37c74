"""The command line: typer commands of a few lines each; no work is done here."""
