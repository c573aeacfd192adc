"""Frames from the kernel: the edge where privileges, rings and devices live."""
