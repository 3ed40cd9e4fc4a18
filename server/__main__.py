"""`python -m server`: the same as the command `roundup`."""

from server.cli import main

if __name__ == "__main__":
    main()
