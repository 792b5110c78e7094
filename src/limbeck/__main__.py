"""The process: ``limbeck`` and ``python -m limbeck`` both begin here."""

import gc

from .cli import main

OBJECTS = 50_000
"""New objects between two looks for cycles: what a command makes lives until it ends."""


def run(prog: str = "limbeck") -> None:
    """Run the command line with a garbage collector that looks seldom, and at the end of the process not at all."""
    gc.set_threshold(OBJECTS, 20, 20)
    try:
        main(prog=prog)
    finally:
        gc.freeze()


if __name__ == "__main__":
    run()
