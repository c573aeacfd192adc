"""What others say of a capture: tshark and scapy, as a second opinion or in the place of our own decoder."""
