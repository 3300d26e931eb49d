"""The programs that we are compared with, and the servers that all of them ask, on this machine's loopback."""
