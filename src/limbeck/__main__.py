"""Entry point of ``limbeck`` and of ``python -m limbeck``."""

import gc

from .cli import main

OBJECTS = 50_000
"""New objects after which the garbage collector runs: what a command makes is needed until it ends."""


def run(prog: str = "limbeck") -> None:
    """Run the command line with a garbage collector that runs seldom, and at the end of the process not at all."""
    gc.set_threshold(OBJECTS, 20, 20)
    try:
        main(prog=prog)
    finally:
        gc.freeze()


if __name__ == "__main__":
    run()
