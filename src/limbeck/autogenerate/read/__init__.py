"""Reading both sides of a comparison: the catalogue of the database, its tables as objects, shapes of both sides."""
