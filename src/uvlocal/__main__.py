"""`python -m uvlocal`."""

from uvlocal.manage.commands.main import main

if __name__ == "__main__":
    main()
