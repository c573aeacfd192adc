"""One connection in the words of other tools, by their own rules."""
