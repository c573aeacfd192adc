"""Capture file formats: pcap, pcapng, and gzip of either; what they are made of, and nothing of what they carry."""
