"""Two captures against each other: what is in one and not in the other, and what is not the same in both."""
