"""A run against one database: its version rows, its transactions, its lock, its steps."""
