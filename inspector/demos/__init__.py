"""The programs of the tutorials, each with its server and its client, fit to be read in class."""
