"""`python -m probe` is the command `probe`."""

import sys

from probe.cli import main

if __name__ == "__main__":
    sys.exit(main())
