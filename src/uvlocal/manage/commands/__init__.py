"""The command line: typer commands of a few lines each, which call the other packages."""
