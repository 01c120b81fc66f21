"""The application around the tabs: its page, look and guards."""
