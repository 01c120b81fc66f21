"""What a composed picture shows, and the layers that it is painted from."""

from dataclasses import dataclass

__all__ = ["Box", "Composition", "Layer", "Part"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Part:
    """One object of a composite.

    sticker: index of its sticker.  name: its concept as the caption says it, without colour.
    box: (x0, y0, x1, y1) in [0, 1] of its opaque pixels, y down.  color: the word it was recoloured to.
    """

    sticker: int
    name: str
    box: Box
    color: str | None = None


@dataclass(frozen=True)
class Layer:
    """One drawing of a sticker on the canvas; by itself a Part is one.

    rim: (y, sag) of a container's front, behind which the layer ends: at y at the box's sides, y + sag in its middle.
    features: only the eyes and the mouth of a face.  scattered: so many a side, small, all over the box.
    """

    sticker: int
    box: Box
    color: str | None = None
    rim: tuple[float, float] | None = None
    features: bool = False
    scattered: int = 0


@dataclass(frozen=True)
class Composition:
    """What a composite shows.

    parts: its objects in the caption's order (a relation holds from the first to the second).
    count: how many objects there are.  relation: one of RELATIONS, or None; of a scene the word that says how its
    parts lie.  background: colour word or None.  ground: one of `lit.data.scenes.grounds.GROUNDS`, or None.
    layers: what is painted, from the lowest up, where that is not simply the parts.
    """

    caption: str
    style_id: int
    kind: str
    parts: tuple[Part, ...]
    count: int = 1
    relation: str | None = None
    background: str | None = None
    ground: str | None = None
    layers: tuple[Layer, ...] = ()

    def painted(self) -> tuple[Part | Layer, ...]:
        """From the lowest to the highest: what stands on something is drawn over it, what goes with it too."""
        if self.layers:
            return self.layers
        return self.parts[::-1] if self.relation == "on top of" else self.parts
