"""What is known of an architecture: where a softmax transformer's parts go in a linear one.

An adapter is a module with `network`, the class that loads the teacher, and `student(teacher, changes)`, which builds
the linear network and lets it inherit. A new one is a file here and a line in `ADAPTERS`, under the name that the
teacher's config.json has for its class.
"""

from lit.linearize.adapters import lit_transformer

ADAPTERS = {lit_transformer.network.__name__: lit_transformer}
