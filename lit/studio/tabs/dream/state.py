"""How a dream stands, as the page shows it: its frames, the graph of what follows what, and what that means."""

from typing import TYPE_CHECKING

from lit.studio.languages import number, plural, t
from lit.studio.words import caption, seconds, word_name
from lit.studio.words import told as said_of
from lit.studio.work.dreamt import DONE, STOPPED, Dreamt

if TYPE_CHECKING:
    from lit.studio.work.worker import Worker


def title_of(dreamt: Dreamt) -> str:
    """What a dream is called: its words, and those that it drifts to."""
    dream = dreamt.order.dream
    stops = (dreamt.order.typed or dream.settings.prompt, *(dream.prompts if dream.words == "drifting" else ()))
    return " → ".join(stops)


def line_of(dreamt: Dreamt) -> dict:
    """A dream among the last ones. created: seconds since 1970."""
    count, total = dreamt.count, dreamt.order.frames
    whole = dreamt.state == DONE or count == total
    said = plural(count, "{n} picture", "{n} pictures") if whole else t("{n} of {all} drawn", n=count, all=total)
    return {
        "id": dreamt.id,
        "title": title_of(dreamt),
        "said": said,
        "created": dreamt.created,
        "first": f"{dreamt.id}/0" if count else "",
        "active": dreamt.active,
    }


def state_of(dreamt: Dreamt, worker: "Worker", seen: int) -> dict:
    """As it is now. symbols, graph: only where they have changed since version `seen` (see `Dreams` for what they
    are)."""
    version, read = dreamt.version, dict(dreamt.read)  # first: what changes meanwhile is told next time
    known = {name: read[name] for name in ("symbols", "graph") if name in read}
    trouble = dreamt.trouble
    if dreamt.active and worker.model not in ("loading", "ready"):
        trouble = worker.model
    return {
        "version": version,
        "active": dreamt.active,
        "title": title_of(dreamt),
        "said": _settings(dreamt),
        "count": dreamt.count,
        "rest": read.get("rest"),
        "more": dreamt.state == STOPPED,
        "sentences": _sentences(dreamt, read),
        "trouble": said_of(trouble),
        **(known if dreamt.read_at > seen or seen > version else {}),
        **_progress(dreamt, worker),
    }


def _settings(dreamt: Dreamt) -> str:
    """What it is drawn by, in one line."""
    order, dream = dreamt.order, dreamt.order.dream
    told = {"typed": order.typed} if order.typed else {}
    noise = t("fresh noise") if dream.fresh else t("fixed noise")
    return " · ".join((caption(dream.settings, told), t("strength {x}", x=number(dream.strength, 2)), noise))


def _progress(dreamt: Dreamt, worker) -> dict:
    """share: 0 to 1, None where it is not known how long it takes.  far: that in words.  ended: how it ended."""
    count, total = dreamt.count, dreamt.order.frames
    left = worker.dreams.seconds(dreamt.order, total - count)
    far = t("{n} of {all} drawn", n=count, all=total)
    if dreamt.doing == "rest":
        far = t("It rests. Asking why")
    elif dreamt.doing == "reading":
        far = t("All frames are there. Reading them")
    elif left is not None:
        far = t("{n} of {all} drawn, about {time} left", n=count, all=total, time=seconds(max(0.0, left)))
    drawn = plural(count, "{n} picture", "{n} pictures")
    ended = t("Done: {pictures}.", pictures=drawn) if dreamt.state == DONE else t("Ended: {pictures}.", pictures=drawn)
    return {"share": count / total if dreamt.doing == "frames" else None, "far": far, "ended": ended}


def _sentences(dreamt: Dreamt, read: dict) -> list[str]:
    """What has been found, each in a sentence."""
    dream, reader, rest = dreamt.order.dream, read.get("reader", ""), read.get("rest")
    said = []
    if rest is not None:
        period = read.get("period", 1)
        said.append(t(FIXED, n=rest + 1) if period == 1 else t(CYCLE, n=rest + 1, k=period))
        said += _why(read)
    elif dreamt.state == DONE and not dream.fresh and dream.words != "drifting":
        said.append(t("It has not come to rest in {n} frames.", n=dreamt.count))
    if bits := read.get("bits"):
        told = {"rnn": number(bits["alrnn"], 2), "chain": number(bits["k-means"], 2)}
        said.append(t(READERS[reader], **told))
        said.append(t("Symbols in no order would leave {bits} bits open.", bits=number(bits["shuffled"], 2)))
        said += _beside(read)
    elif reader:
        said.append(t("The graph is that of k-means: its cells, and how often one follows another."))
        if dreamt.state == DONE and rest is None:
            from lit.explore.dreams.reading import FEWEST  # loads torch, which the page does not wait for

            said.append(t("An almost-linear RNN is asked too from {n} frames on.", n=FEWEST))
    return said


def _why(read: dict) -> list[str]:
    if "eigenvalue" not in read:
        return []
    size = read["eigenvalue"][0]
    said = [t(STAYS if size < 1 else LEAVES, size=number(size, 2))]
    if others := read.get("sizes", [])[1:]:
        said.append(t("The next largest eigenvalues: {sizes}.", sizes=" · ".join(number(one, 2) for one in others)))
    if "parts" in read:
        said.append(_made(**read["parts"]))
    return said


def _made(frame: float, noise: float, words: list, biases: float) -> str:
    """What the picture at rest is made of, the words that make most of it by name."""
    strongest = sorted(words, key=lambda word: -abs(word[-1]))[:NAMED]
    most = (t("{word} {percent}%", word=word_name(*name), percent=number(100 * share, 1)) for *name, share in strongest)
    shares = {"frame": frame, "noise": noise, "words": sum(word[-1] for word in words), "biases": biases}
    return t(MADE, most=" · ".join(most), **{name: number(100 * share, 1) for name, share in shares.items()})


def _beside(read: dict) -> list[str]:
    """How far off the almost-linear RNN's forecasts are, and how far its seeds agree; nothing where nobody asked."""
    if "ahead" not in read:
        return []
    errors = (
        plural(
            n,
            "{n} frame ahead {rnn} for {stay}",
            "{n} frames ahead {rnn} for {stay}",
            rnn=number(rnn, 3),
            stay=number(stay, 3),
        )
        for n, rnn, stay in read["ahead"]
    )
    return [t(AHEAD, errors="; ".join(errors)), t(AGREE, index=number(read["agreement"], 2))]


AHEAD = "The RNN's squared error, as a share of the variance, for that of staying as it is: {errors}."
AGREE = "Symbols of two seeds of the RNN agree by {index} (adjusted Rand index: 1 is the same, 0 is chance)."
FIXED = "The loop falls into a fixed point: from frame {n} on the picture stays as it is."
CYCLE = "The loop falls into a cycle: from frame {n} on the same {k} pictures come round again and again."
STAYS = (
    "Why it stays: the largest eigenvalue of the map's derivative there is {size} in size, so that in the end"
    " each frame leaves no more than this share of a small change."
)
LEAVES = (
    "Why it may leave again: the largest eigenvalue of the map's derivative there is {size} in size, so that a"
    " small change grows from frame to frame."
)
NAMED = 3  # words
MADE = (
    "What the picture there is made of, exactly, as LinearScope finds it: {frame}% is carried over from the frame"
    " before, {noise}% comes from the noise, {words}% from the words ({most}), and {biases}% from biases, which are the"
    " same for every noise."
)
READERS = {
    "alrnn": "An almost-linear RNN knows more than k-means with a Markov chain: {rnn} bits to tell the next cell of"
    " frames that were held out, for {chain}. The graph shows its regions.",
    "k-means": "An almost-linear RNN does not know more than k-means with a Markov chain: {rnn} bits to tell the next"
    " cell of frames that were held out, for {chain}. So the graph is that of k-means.",
}
