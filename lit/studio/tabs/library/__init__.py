"""The Library tab: all that has been drawn, by day."""
