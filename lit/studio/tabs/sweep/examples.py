"""Sweeps to begin with, each with one click."""

EXAMPLES = [
    {
        "title": "How strictly the words are followed",
        "said": "A fox in four seeds, with guidance from 1 to 8",
        "values": {"prompt": "a fox", "style": "noto"},
        "way": "grid",
        "axes": [{"name": "guidance_scale", "text": "1, 2, 4, 8"}, {"name": "seed", "text": "0, 1, 2, 3"}],
    },
    {
        "title": "Where one dragon becomes another",
        "said": "From one seed's noise to another's, with pictures where it changes",
        "values": {"prompt": "a blue dragon", "style": "fluent-3d", "variation_seed": 7},
        "way": "adaptive",
        "axes": [{"name": "variation_strength", "low": 0, "high": 1}],
        "budget": 16,
    },
]
