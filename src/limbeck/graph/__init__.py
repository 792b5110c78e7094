"""The revision graph: revisions, targets and plans as plain values. No IO, no SQLAlchemy, no configuration.

The package itself imports nothing: import the module that you need.
"""
