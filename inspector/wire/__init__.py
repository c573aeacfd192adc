"""Bytes to segments and back: containers, link types, IP, TCP, UDP, ICMP; no memory."""
