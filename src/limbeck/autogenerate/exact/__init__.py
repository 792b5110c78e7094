"""The exact comparison: the database writes both sides, and they are compared as values."""
