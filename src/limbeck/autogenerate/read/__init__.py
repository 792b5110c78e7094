"""What a comparison reads: the catalogue of the database, reflected tables, and renames that the user declared."""
