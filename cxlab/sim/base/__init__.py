"""The customer base: who comes, pays, asks for support, stays and leaves, day by day."""
