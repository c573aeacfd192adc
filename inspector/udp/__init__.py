"""UDP exchanges: who asked, who answered, what came to nothing."""
