"""One file a kind of attack; each says what counts as got through."""
