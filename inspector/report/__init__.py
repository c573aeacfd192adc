"""Results as text, JSON and pages; the only room that knows these forms."""
