"""What is taken of connections that were asked for by number, while their capture is read once."""
