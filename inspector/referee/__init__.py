"""What Wireshark says: tshark by way of pyshark, as a second opinion."""
