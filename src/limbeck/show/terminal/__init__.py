"""Results for a person at a terminal, under an edition: aligned columns, words, colours where rich is installed."""
