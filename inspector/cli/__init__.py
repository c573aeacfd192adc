"""Words in, exit code out: the only room that prints, exits or reads the environment."""
