"""The page's tabs, a folder each."""
