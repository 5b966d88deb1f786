"""Reading the log as it grows, and telling whoever watches."""
