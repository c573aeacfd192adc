"""What happened, written down as what is to be expected: a connection or an exchange becomes a sequence."""
