"""What the variables, the project, the user and the machine ask for, each with its origin."""
