"""One module a dialect, loaded by name (limbeck.plugins), as anybody else's is."""
