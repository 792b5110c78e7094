"""How results are shown: as text and as JSON. Nothing is found or computed here."""
