"""Operations put into an order, and completed, so that the script runs in both directions."""
