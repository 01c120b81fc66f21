"""What the studio's own API answers, as types: OpenAPI and the answers are made from them."""

from typing import Any

from pydantic import BaseModel, Field

from lit.studio.work.rows import STATES
from lit.studio.work.swept import DONE, DRAWING, STOPPED


class Picture(BaseModel):
    """A drawn picture."""

    id: str = Field(description="its name for as long as it exists: JOB/PLACE", examples=["3f0c…/0"])
    url: str = Field(description="the PNG as it was written, with its settings inside; whoever knows it may fetch it")


class Job(BaseModel):
    """What has been asked for, and what became of it."""

    id: str
    state: str = Field(description=f"one of {', '.join(STATES)}")
    step: int = Field(description="denoising steps that are completed")
    steps: int = Field(description="of so many, 0 while that is not known")
    position: int = Field(description="jobs that come before it")
    seconds_left: float | None = Field(description="null while that is not known")
    settings: dict[str, Any] = Field(description="all that decides its pictures; picture i has seed + i")
    typed: str = Field(description="the words as they came, where they were read as others, else empty")
    pictures: list[Picture]
    message: str = Field(description="why there is no picture, or fewer, else empty")
    created: float = Field(description="seconds since 1970, as the next two")
    started: float | None
    finished: float | None


class Cell(BaseModel):
    """One picture of a sweep."""

    values: dict[str, Any] = Field(description="of the settings that change")
    job: Job


class Sweep(BaseModel):
    """All pictures of a sweep, the last setting changing first."""

    cells: list[Cell]


class Point(BaseModel):
    """One picture of an adaptive sweep."""

    values: dict[str, Any] = Field(description="of the settings that change")
    url: str = Field(description="its PNG; whoever knows it may fetch it")


class Flip(BaseModel):
    """The picture changes suddenly between two points."""

    low: dict[str, float] = Field(description="values of the settings that change, on one side")
    high: dict[str, float] = Field(description="and on the other")
    times: float = Field(description="as fast as on average")


class Adaptive(BaseModel):
    """An adaptive sweep: where its pictures are, and where the picture flips."""

    id: str
    state: str = Field(description=f"one of {DRAWING}, {STOPPED}, {DONE}")
    why: str = Field(description="of one that is done: budget, or alike where no two neighbours differ to the eye")
    drawn: int = Field(description="pictures that are there")
    most: int = Field(description="pictures at most")
    seconds_left: float | None = Field(description="null while that is not known")
    points: list[Point] = Field(description="by the first setting, then the second")
    flips: list[Flip]
    message: str = Field(description="why it does not go on, else empty")


class Drawn(Picture):
    """A picture of the history."""

    prompt: str
    style: str = Field(description="empty for any")
    seed: int
    created: float = Field(description="seconds since 1970")
    favourite: bool


class History(BaseModel):
    """Drawn pictures, the newest first."""

    pictures: list[Drawn]
    count: int = Field(description="of all that fit")
    before: int | None = Field(description="ask with this for the next page, null at the end")


class Option(BaseModel):
    """A setting of the API, in words."""

    name: str
    label: str = Field(description="its name on the page, in the language that is asked for")
    default: Any = Field(description="null for what has to be given")
    expected: str = Field(description="what would do, in that language")
    description: str


class Described(BaseModel):
    """All settings, as a JSON Schema and in words."""

    json_schema: dict[str, Any] = Field(alias="schema", description="of the object that POST /api/v1/jobs takes")
    settings: list[Option]
    model: str = Field(description="loading, ready, or missing")
    styles: list[str] = Field(description="that the model draws")
    schedulers: list[str] = Field(description="that it can be drawn with")


class Verified(BaseModel):
    """A picture drawn again and compared, pixel by pixel."""

    identical: bool
    psnr: float | None = Field(description="dB between the two, null where they are identical or of another size")
    differs: list[str] = Field(description="what beside the settings is not as it was then")


class Wrong(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = Field(description="the field that it is about")
    code: str
    value: Any = Field(description="what came, cut short")
    expected: str = Field(description="what would do")


class Failure(BaseModel):
    """Every answer that is no result, in the shape of OpenAI's API."""

    error: Wrong
