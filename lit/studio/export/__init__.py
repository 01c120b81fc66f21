"""The export dialog: pictures of any tab as what other places take."""
