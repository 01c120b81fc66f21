"""What is known of an architecture: where a softmax transformer's parts go in a linear one.

An adapter is a module with `network`, the class that loads the teacher. A new one is a file here and a line in
`ADAPTERS`, under the name that the teacher's config.json has for its class. Each has

    linear                        whether it is linear already: then processors are exchanged and nothing is trained
    downscale                     pixels a side of a latent
    example(config, batch, side)  what a step gives it: noisy latents (batch, channels, side, side), timesteps (batch,)
                                  and its conditions, empty, on the device of the context

One of our own networks has

    student(teacher, changes)     builds the linear network and lets it inherit

One of diffusers' has blocks in `transformer_blocks`, each with its self-attention in `attn1`, and

    INHERITED                     patterns of the names of all weights outside of `attn1`, and what they are for
    arguments(transformer, noisy, timesteps, *conditions)      the same as its forward has it, by name
    check(config, index, labels)  raises InputError for a picture's folder that says nothing to it; index: what the
                                  pipeline's model_index.json holds
    told(pipe, labels, captions)  (numbers (n + 1,), tables): conditions are table[numbers[picture]], and those of no
                                  picture at all come last
    draw(pipe, conditions, none, steps, seed)      pictures of a pipeline, told what `told` gives
"""

ADAPTERS = {  # modules here, imported when asked for: diffusers takes seconds to bring all its transformers
    "LiTTransformer2DModel": "lit_transformer",
    "DiTTransformer2DModel": "dit",
    "PixArtTransformer2DModel": "pixart",
    "SanaTransformer2DModel": "sana",
}
JOINT = "picture and words attend to each other in one attention there, and no linear one for that is here"
REFUSED = {"SD3Transformer2DModel": JOINT, "FluxTransformer2DModel": JOINT, "Flux2Transformer2DModel": JOINT}
