"""A softmax transformer in, a linear one out: what to keep of the teacher (`adapters`, one an architecture), how the
student starts (`mount`), how it learns the rest (`methods`, by name; `lora`), and which layers stay (`keep`).
`pairs` are mixers beside what they stand for, of our networks and of diffusers'."""
