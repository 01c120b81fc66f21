"""The Draw over tab."""
