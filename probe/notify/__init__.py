"""Telling people: which channel hears of what, in which words, and how it is sent. The home of apprise."""
