"""Arranging: operations are brought into an order in which they can be carried out, in both directions."""
