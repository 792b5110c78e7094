"""The command ``alembic`` and ``python -m alembic``: Limbeck's command line under this name."""

from limbeck import __main__ as process


def run() -> None:
    """Run the command line."""
    process.run(prog="alembic")


if __name__ == "__main__":
    run()
