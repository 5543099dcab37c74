"""The settings from variables, the project, the user and the machine, with their origins."""
