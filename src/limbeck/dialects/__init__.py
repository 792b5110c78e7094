"""One folder for each dialect, loaded by its name as third-party dialects are (`limbeck.plugins`)."""
