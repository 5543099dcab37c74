"""`python -m uvlocal`."""

from uvlocal.manage.cli import main

if __name__ == "__main__":
    main()
