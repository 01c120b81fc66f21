"""Other people's models: stock pipelines of diffusers, drawn with as our own is.

What draws, whoever made it, is a `Draws` (draws.py): settings in, a `Run` out. `LiTPipeline` is one, `StockPipeline`
(pipeline.py) makes one of a pipeline that diffusers loads. What a folder holds is found out before any weight of it is
loaded (facts.py), and what it cannot draw (limits.py); `load` (loading.py) makes of it what draws.

A family is a module here, imported when asked for, and a line in `FAMILIES` under the name that model_index.json has
for its pipeline. Each has

    LABEL              what it is called
    PARTS              {part: the classes that it may be of}, for all parts with weights
    CLASSES            whether it draws classes, by their names or numbers, else words
    NEGATIVE, LATENTS  whether it takes a negative prompt, and noise from outside, which variations are made by
    FLOW               whether it predicts velocities, else noise
    GUIDANCE, STEPS    what it is usually drawn with
    sizes(configs)     (side that it was trained for, of what a side is a multiple; 0 where it draws that one alone)
    check(facts, settings)  raises InputError for what it cannot draw, beside what limits.py says of all
    told(pipe, settings)   the arguments of the pipeline's call that say what is drawn. Raises InputError

configs: of the parts, as their config.json has them, by name.
"""

OURS = "LiTPipeline"
NETWORK = "LiTTransformer2DModel"  # a network of ours without the other parts, which are the studio's own then
FAMILIES = {
    "DiTPipeline": "dit",
    "PixArtAlphaPipeline": "pixart",
    "PixArtSigmaPipeline": "pixart",
    "SanaPipeline": "sana",
}
