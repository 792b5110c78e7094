"""The whole file that a package with a dialect writes; requirements are in setup.cfg."""

from limbeck.testing.suite import *  # noqa: F403
