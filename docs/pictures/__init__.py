"""Pictures of the documentation, made by programs."""
