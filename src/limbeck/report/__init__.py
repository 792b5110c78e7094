"""Reports: a history, what it does and where databases are in it, on one page for a browser."""
