"""`python -m e2tad` is `e2tad`."""

from e2tad.cli import main

if __name__ == "__main__":
    main()
