"""probe: test hosting, VPS and network endpoints, and judge each provider by the SLA it published itself."""

__version__ = "0.1.0"
