"""The wire below the kinds: names, addresses, connections, and whose fault a failure is."""
