"""Assessments handed over: documents for programs and files for people. No judging happens here."""
