"""The LinearScope tab."""
