"""`python -m uvlocal`."""

from uvlocal.manage.main import main

if __name__ == "__main__":
    main()
