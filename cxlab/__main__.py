"""`python -m cxlab` is the command `cxlab`."""

from cxlab.cli import main

if __name__ == "__main__":
    main()
