"""What TCP segments mean: RFC 9293 as a table, one fold over segments, and what people read of it."""
