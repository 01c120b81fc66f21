"""A softmax transformer in, a linear one out: what to keep of the teacher (`adapters`, one an architecture), how the
student starts (`mount`) and how it learns the rest (`methods`, by name)."""
