"""Care for a history: its revisions rewritten, joined, and traced."""
