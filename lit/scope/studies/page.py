"""The blocks of docs/scope.md that hold measured numbers, as Markdown from numbers.json."""

from lit.sheets import markdown_table

LAWS = ("reconstruction", "affinity", "adjoint", "sum of parts")


def blocks(numbers: dict) -> dict[str, str]:
    """Block name -> Markdown, for the sections that were measured."""
    makers = {
        "errors": ("errors", _errors), "jacobian": ("errors", _jacobian), "dense": ("dense", _dense),
        "times": ("times", _times), "sums": ("tour", _sums), "words": ("tour", _words), "fields": ("tour", _fields),
        "shares": ("tour", _shares), "copy": ("tour", _copy), "modes": ("tour", _modes), "vote": ("tour", _vote),
    }  # fmt: skip
    found = {name: make(numbers[section]) for name, (section, make) in makers.items() if section in numbers}
    if "model" in numbers:
        model = numbers["model"]
        found["model"] = (
            f"Drawing: “{model['prompt']}”, {model['style']}, seed {model['seed']}, "
            f"{model['num_inference_steps']} steps, guidance {model['guidance_scale']:g}, "
            f"{model['width']} x {model['height']} pixels; weights `{model['weights_sha256'][:12]}`, "
            f"torch {model['torch']}."
        )
    return found


def _errors(section):
    steps: dict[tuple, list] = {}
    for key, found in section["denoiser"].items():
        dtype, path, _ = key.split()
        steps.setdefault((path, dtype), []).append(found)
    rows = []
    for (path, dtype), found in steps.items():
        worst = (f"{max(one[law] for one in found):.1e}" for law in LAWS)
        rows.append([f"guided denoiser, {path} path, the worst of {len(found)} steps", dtype, *worst])
    for dtype, found in section["decoder"].items():
        rows.append(["decoder", dtype, *(f"{found[law]:.1e}" for law in LAWS)])
    return markdown_table(["map", "precision", *LAWS], rows)


def _jacobian(section):
    misses = sorted(section["jacobian"].values())
    low, middle, high = misses[0], misses[len(misses) // 2], misses[-1]
    head = [f"plain Jacobian: relative miss over {len(misses)} steps", "least", "median", "most"]
    return markdown_table(head, [["", f"{low:.2f}", f"{middle:.2f}", f"{high:.2f}"]])


def _dense(section):
    rows = [[steps, f"{one['worst']:.1e}", f"{one['residual']:.1e}"] for steps, one in section["steps"].items()]
    head = ["Lanczos steps", f"worst relative error of {section['modes']} singular values", "largest residual reported"]
    return f"The matrix is {section['size'][0]} x {section['size'][1]}.\n\n" + markdown_table(head, rows)


def _times(section):
    rows = [[name, *(f"{value:.4f} s" for value in pair)] for name, pair in section["seconds"].items()]
    threads = f"{section['threads']} thread{'s' * (section['threads'] > 1)}"
    busy = f"With {threads} of torch on {section['cores']} cores; load average {section['load']} from all programs."
    return f"{busy}\n\n" + markdown_table([f"a drawing of {section['steps']} steps", "elapsed", "processor"], rows)


def _sums(section):
    step, whole = section["step sums"], section["whole sums"]
    rows = [
        [name, f"{one['input']:+.3f}", f"{one['word']:+.3f}", f"{one['bias']:+.3f}", f"{one['value']:.3f}"]
        for name, one in (("one step, from its latents", step), ("all steps, from the first noise", whole))
    ]
    words = sorted(section["whole words"].items(), key=lambda item: -abs(item[1]))[:4]
    named = ", ".join(f"{label} {amount:+.3f}" for label, amount in words)
    return (
        markdown_table(["map", "latents or noise", "words", "biases", "luminance there"], rows)
        + f"\n\nThe strongest words of the whole way: {named}. Its parts miss the value by {whole['miss']:.0e}."
    )


def _words(section):
    listed = ", ".join(f"{label} {value:.3f}" for label, value in section["word strengths"].items())
    return f"Root mean square of each picture: {listed}."


def _fields(section):
    tables = []
    for name, title in (("rows", "receptive field"), ("columns", "impulse response")):
        found = section[name]
        rows = [[label, *(f"{v:.0f}" for v in values)] for label, values in zip(found["labels"], found["spread"])]
        tables.append(markdown_table([f"{title}: spread in pixels", *(f"step {s}" for s in found["steps"])], rows))
    return "\n\n".join(tables)


def _shares(section):
    rows = []
    for step, layers in section["shares"].items():
        inner = [one["biases"] for name, one in layers.items() if "blocks" in name]
        last = layers["clean"]
        rows.append(
            [f"step {step}", f"{min(inner):.2f} to {max(inner):.2f}", f"{last['input']:.2f}", f"{last['words']:.2f}",
             f"{last['biases']:.2f}"]
        )  # fmt: skip
    head = ["", "biases' share after the blocks", "clean latents: latents", "words", "biases"]
    return markdown_table(head, rows)


def _copy(section):
    rows = []
    for step, one in section["copy"].items():
        shares = [f"{value:.2f}" for value in one["shares"].values()]
        rows.append([f"step {step}", f"{one['moved']:.0f}", f"{100 * one['near']:.0f} %", *shares])
    radius = next(iter(section["copy"].values()))["radius"]
    head = ["", "moved, pixels", f"read within {radius} pixels", "share of latents", "of words", "of biases"]
    return markdown_table(head, rows)


def _modes(section):
    return "Singular values: " + ", ".join(f"{value:.3g}" for value in section["singular values"]) + "."


def _vote(section):
    vote, discard = section["vote"], section["discard"]
    head = ["pixels kept", *(f"{100 * kept:g} %" for kept in discard["kept"])]
    rows = [
        ["frozen map", *(f"{value:.2f}" for value in discard["frozen"])],
        ["the network itself", *(f"{value:.2f}" for value in discard["live"])],
    ]
    return (
        f"The style head's logit for {vote['style']} is {vote['score']:.2f}: the pixels' votes are "
        f"{vote['votes']:+.2f} and the constant {vote['constant']:+.2f}.\n\n" + markdown_table(head, rows)
    )
