"""A small web shop: what `make demo` migrates."""
