"""What ``limbeck doctor`` looks at: would an Alembic environment run under Limbeck, and what would differ.

The configuration, env.py, the revision files and the installed packages are read. Nothing of them is run, SQLAlchemy is
not imported and no database is opened; only a revision file whose header is computed is imported, as by every command.
"""
