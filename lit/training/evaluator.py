"""Train the evaluator: name and style of real stickers, from the train split alone.

    loss = CE(scale * <embedding, t_k>, concept) + STYLE_WEIGHT * CE(style logits, style)

with t_k the sentence vector of concept k's name, moved in every step towards that of a random caption of
the concept, so that a picture's vector lands near its name and not far from other words for it.
"""

import copy
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

from lit.data import StickerData, captions, concept_weights
from lit.data.stickers import Sticker
from lit.errors import CheckpointError
from lit.models.evaluator import StickerEvaluator
from lit.training.augment import augment
from lit.training.loop import weight_decay_groups
from lit.training.metrics import ranks

STYLE_WEIGHT = 0.3
LABEL_SMOOTHING = 0.1
CAPTIONS_KEPT = 6  # caption vectors a concept keeps beside its name's
PEAK_LR, WEIGHT_DECAY, WARMUP = 2e-3, 0.05, 0.05
EMA_DECAY = 0.998
STATE_FILE = "training_state.pt"
SKIN_TONES = frozenset(f"1F3F{digit}" for digit in "BCDEF")


def without_skin_tones(key: str) -> str:
    """A sticker's key without its skin-tone code points; empty for the five bare swatches."""
    return "-".join(part for part in key.upper().split("-") if part not in SKIN_TONES)


def concept_labels(stickers: list[Sticker]) -> tuple[list[str], torch.Tensor]:
    """Names of the concepts without skin tones, and each sticker's label among them.

    Returns names (K, in order of their keys) and labels, long (N,). A skin-tone variant has its base
    concept's label: by its key, or where the base is written in other code points (couples), by its name
    up to the colon. -1: neither is among the concepts (the five bare swatches).
    """
    names = {s.key.upper(): s.name for s in sorted(stickers, key=lambda s: s.key) if is_plain(s)}
    by_key = {key: i for i, key in enumerate(names)}
    by_name = {name: i for i, name in enumerate(names.values())}
    labels = []
    for sticker in stickers:
        key = without_skin_tones(sticker.key)
        labels.append(by_key.get(key, by_name.get(sticker.name.split(":")[0], -1) if key else -1))
    return list(names.values()), torch.tensor(labels)


def is_plain(sticker: Sticker) -> bool:
    """True if the sticker has no skin tone in its key."""
    return without_skin_tones(sticker.key) == sticker.key.upper()


@torch.no_grad()
def caption_vectors(
    stickers, labels, num_concepts, text_encoder, log=print
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sentence vectors of names (K, D) and of up to CAPTIONS_KEPT further captions (K, CAPTIONS_KEPT, D).

    Captions repeat where a concept has fewer. Both lie on the CPU in float32, of length 1.
    """
    texts: list[list[str]] = [[] for _ in range(num_concepts)]
    for sticker, label in zip(stickers, labels.tolist(), strict=True):
        if label >= 0 and not texts[label] and is_plain(sticker):
            variants = captions(sticker)
            rest = (
                [variants[1 + i * (len(variants) - 1) // CAPTIONS_KEPT] for i in range(CAPTIONS_KEPT)]
                if len(variants) > 1
                else variants * CAPTIONS_KEPT
            )
            texts[label] = [sticker.name, *rest]
    unique = sorted({text for group in texts for text in group})
    log(f"evaluator: sentence vectors of {len(unique)} captions of {num_concepts} concepts")
    vectors = F.normalize(text_encoder.pooled(unique).float().cpu(), dim=-1)
    row = {text: i for i, text in enumerate(unique)}
    table = vectors[torch.tensor([[row[text] for text in group] for group in texts])]  # (K, 1 + kept, D)
    return table[:, 0].contiguous(), table[:, 1:].contiguous()


def hue_free(names: list[str]) -> torch.Tensor:
    """Bool (K,): concepts that stay what they are when their hue turns (no flag, no colour in the name)."""
    bound = {
        "red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "white", "grey", "pink",
        "hair", "lemon", "lime", "tangerine", "rainbow",
    }  # fmt: skip
    words = [set(name.lower().replace(":", " ").split()) for name in names]
    return torch.tensor(["flag" not in said and bound.isdisjoint(said) for said in words])


@torch.no_grad()
def shrink(images_u8: torch.Tensor, size: int, chunk: int = 1024) -> torch.Tensor:
    """uint8 (N, 4, H, W) -> uint8 (N, 4, size, size) on the same device, averaging over area."""
    if images_u8.shape[-1] == size:
        return images_u8
    parts = [
        F.interpolate(part.float(), (size, size), mode="area").round_().to(torch.uint8)
        for part in images_u8.split(chunk)
    ]
    return torch.cat(parts)


def evaluator_loss(model, pixels, concepts, styles, vectors) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss at the top of this file and the share of right concepts in the batch (both scalars).

    model: StickerEvaluator or its compiled form.  pixels: (B, 4, H, W) in [-1, 1].  concepts, styles: long
    (B,).  vectors: (K, D) of length 1.  On CUDA the network runs in bf16; the logits, where a difference of
    a thousandth in a cosine decides, and the loss are in fp32.
    """
    with torch.autocast(pixels.device.type, torch.bfloat16, enabled=pixels.is_cuda):
        embeddings, style_logits = model(pixels)
    logits = model.concept_logits(embeddings, vectors)  # (B, K)
    loss = F.cross_entropy(logits, concepts, label_smoothing=LABEL_SMOOTHING)
    loss = loss + STYLE_WEIGHT * F.cross_entropy(style_logits, styles, label_smoothing=LABEL_SMOOTHING)
    return loss, (logits.argmax(1) == concepts).float().mean()


def learning_rate(progress: float) -> float:
    """Linear warm-up, then a cosine to zero; progress in [0, 1]."""
    if progress < WARMUP:
        return PEAK_LR * progress / WARMUP
    angle = torch.pi * (progress - WARMUP) / (1.0 - WARMUP)
    return PEAK_LR * 0.5 * (1.0 + float(torch.cos(torch.tensor(angle))))


@torch.no_grad()
def update_average(average: StickerEvaluator, model: StickerEvaluator, step: int) -> None:
    """Exponential moving average of weights and batch statistics, faster in the first steps."""
    share = 1.0 - min(EMA_DECAY, (1 + step) / (10 + step))
    ours, theirs = average.state_dict(), model.state_dict()
    floating = [name for name in ours if ours[name].is_floating_point()]
    torch._foreach_lerp_([ours[n] for n in floating], [theirs[n] for n in floating], share)


def train_evaluator(
    data: StickerData,
    images_u8: torch.Tensor,
    text_encoder,
    steps: int,
    batch_size: int,
    device,
    out_dir,
    seed: int = 0,
    log: Callable[[str], None] = print,
    time_limit_s: float | None = None,
    compile: bool = False,
    config: dict | None = None,
) -> StickerEvaluator:
    """Train on the train split; save to `out_dir`; report the scores on the test split.

    images_u8: uint8 (N, 4, H, W) premultiplied RGBA in the order of data.stickers, on `device`.
    text_encoder: has pooled(list[str]) -> (B, D).
    time_limit_s: the schedule ends at `steps` or at this time, whichever comes first, so that the learning
        rate has come down by then.
    compile: torch.compile the network.  config: StickerEvaluator arguments other than its defaults.
    A run that was cut off goes on from the state in `out_dir`, and counts its time from the first start.
    Returns the averaged model in eval mode on `device`. Raises CheckpointError if the loss is not finite.
    """
    device, out_dir = torch.device(device), Path(out_dir)
    names, labels = concept_labels(data.stickers)
    torch.manual_seed(seed)
    model = StickerEvaluator(**(config or {}), concepts=tuple(names)).to(device)
    average = copy.deepcopy(model).requires_grad_(False).eval()
    optimizer = torch.optim.AdamW(
        weight_decay_groups(model, WEIGHT_DECAY), lr=PEAK_LR, betas=(0.9, 0.98), fused=device.type == "cuda"
    )
    first, elapsed = load_state(out_dir, model, average, optimizer, log)

    images = shrink(images_u8, model.config.image_size)
    train = data.subset("train")
    train = train[(labels[train] >= 0).numpy()]
    weights = torch.as_tensor(concept_weights(data.stickers, train), dtype=torch.float32, device=device)
    indices = torch.as_tensor(train, device=device)
    labels = labels.to(device)
    styles = torch.tensor([s.style_id for s in data.stickers], device=device)
    may_turn = hue_free(names).to(device)
    name_vectors, other_vectors = (
        v.to(device) for v in caption_vectors(data.stickers, labels.cpu(), len(names), text_encoder, log)
    )
    network = torch.compile(model) if compile else model
    if device.type == "cuda":
        model.to(memory_format=torch.channels_last)
    generator = torch.Generator(device).manual_seed(seed + first)
    log(f"evaluator: {sum(p.numel() for p in model.parameters()):,} parameters, {len(train):,} stickers")

    started, seen, marked = time.monotonic() - elapsed, 0, time.monotonic()
    running = torch.zeros(2, device=device)  # loss and accuracy since the last line
    step, progress = first, 0.0
    model.train()
    while step < steps and progress < 1.0:
        progress = step / steps
        if time_limit_s is not None:
            progress = max(progress, (time.monotonic() - started) / time_limit_s)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(min(progress, 1.0))
        chosen = indices[torch.multinomial(weights, batch_size, replacement=True, generator=generator)]
        pixels = augment(images[chosen], may_turn[labels[chosen]], generator)
        pick = torch.randint(other_vectors.shape[1], (len(names),), device=device, generator=generator)
        amount = torch.rand(len(names), 1, device=device, generator=generator)
        vectors = name_vectors + 0.7 * amount * other_vectors[torch.arange(len(names), device=device), pick]
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        vectors = F.normalize(vectors, dim=-1)
        loss, right = evaluator_loss(network, pixels, labels[chosen], styles[chosen], vectors)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        update_average(average, model, step)
        running += torch.stack([loss.detach(), right])
        step, seen = step + 1, seen + batch_size
        if step % 50 == 0 or step == steps:
            mean = (running / (seen / batch_size)).tolist()
            if not mean[0] < float("inf"):
                raise CheckpointError(f"evaluator: loss {mean[0]} at step {step}; the last state is kept")
            rate = seen / (time.monotonic() - marked)
            log(f"evaluator: step {step}/{steps}  loss {mean[0]:.3f}  top-1 {mean[1]:.1%}  {rate:,.0f} img/s")
            running.zero_()
            seen, marked = 0, time.monotonic()
        if step % 500 == 0:
            save_state(out_dir, model, average, optimizer, step, time.monotonic() - started)
    save_state(out_dir, model, average, optimizer, step, time.monotonic() - started)
    average.save_pretrained(out_dir)
    scores = held_out_scores(average, data, images, name_vectors)
    log("evaluator: held out  " + "  ".join(f"{name} {value:.1%}" for name, value in scores.items()))
    return average


def save_state(out_dir: Path, model, average, optimizer, step: int, elapsed: float) -> None:
    """Everything a cut-off run needs, written whole or not at all."""
    out_dir.mkdir(parents=True, exist_ok=True)
    state = {
        "model": model.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "elapsed": elapsed,
    }
    torch.save(state, out_dir / (STATE_FILE + ".part"))
    (out_dir / (STATE_FILE + ".part")).replace(out_dir / STATE_FILE)


def load_state(out_dir: Path, model, average, optimizer, log) -> tuple[int, float]:
    """Go on from `out_dir` if a state is there: (steps done, seconds spent), else (0, 0.0)."""
    file = out_dir / STATE_FILE
    if not file.is_file():
        return 0, 0.0
    state = torch.load(file, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    log(f"evaluator: going on from step {state['step']}")
    return state["step"], state["elapsed"]


@torch.no_grad()
def held_out_scores(
    model, data: StickerData, images: torch.Tensor, vectors: torch.Tensor
) -> dict[str, float]:
    """Concept top-1, top-5 and style accuracy on the test split (skin tones count as their base concept)."""
    _, labels = concept_labels(data.stickers)
    test = torch.as_tensor(data.subset("test"))
    test = test[labels[test] >= 0]
    hits = torch.zeros(3, dtype=torch.float64)
    for part in test.split(512):
        embeddings, style_logits = model(images[part.to(images.device)].float() / 127.5 - 1.0)
        place = ranks(model.concept_logits(embeddings, vectors), labels[part]).cpu()
        style = torch.tensor([data.stickers[i].style_id for i in part.tolist()])
        right = style_logits.argmax(1).cpu() == style
        hits += torch.stack([(place < 1).sum(), (place < 5).sum(), right.sum()])
    return dict(zip(("top-1", "top-5", "style"), (hits / max(len(test), 1)).tolist(), strict=True))
