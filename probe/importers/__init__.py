"""What other monitors know, read: their history as outcomes, their configuration as checks to look over.

Pure readers, one file a format: bytes of somebody else in, values out, and one line for everything that could not
be carried. What is recorded, and what is written, the commands decide.
"""
