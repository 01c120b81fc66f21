"""A softmax transformer in, a linear one out."""
