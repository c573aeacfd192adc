"""Expected sequences: notation, library, matching, differences."""
