"""`python -m api.cli` is `wismo`."""

from api.cli import main

if __name__ == "__main__":
    main()
