"""The revision graph: nodes, targets and plans as plain values. No IO, no SQLAlchemy, no configuration.

The package imports nothing; name the module you need.
"""
