"""Reading prompts: what the model is given of what someone typed, and what has to be said about that.

Each module is imported by its own name, so that completion loads nothing but words.

    reading      read(prompt) -> Reading: emoji, other languages, unknown words, what is too long
    template     expand("a {red|blue} __animal__") -> the prompts that it stands for
    weights      parse_weights("a (blue:1.3) cat") -> "a blue cat" and the weight of "blue"
    emphasis     weights in the embeddings; the one that needs torch
    completion   complete("a blue but") -> the concepts that it may become
    build        python -m lit.reading.build makes names.json.xz anew
"""
