"""The rows of the table."""

from lit.bench.trials.rows import SHIPPED, Row

HEADS = (1, 2, 3, 6, 12)
ALONE = ("method.distill_weight=0.0", "method.variance_weight=0.0")
EPSILON = ("objective.name=epsilon",)
EPSILON_TEACHER = "teacher-epsilon"
ROWS = {
    "scratch": Row("from scratch", teacher=None, paper="63.24"),
    "inherited": Row("inherited", overrides=ALONE, paper="53.83"),
    "noise": Row("inherited, prediction distilled (`--method lit`)", paper="51.13"),
    "plain": Row("the same without the convolution", overrides=("network.mixer_args={convolution=false}",)),
    **{
        f"heads-{count}": Row(
            f"the same with {count} head{'s' * (count > 1)}", overrides=(f"network.num_attention_heads={count}",)
        )
        for count in HEADS
        if count != 3
    },
    "transfer": Row("`--method transfer`", "transfer-hybrid"),
    "keep-25": Row("the same, a quarter keeps softmax", "transfer-hybrid", ("keep_softmax=0.25",)),
    "keep-50": Row("the same, half keeps softmax", "transfer-hybrid", ("keep_softmax=0.5",)),
    "lolcats": Row("`--method lolcats`", "lolcats"),
    "liger": Row("`--method liger`", "liger"),
    "epsilon-inherited": Row("noise predicted: inherited", overrides=(*EPSILON, *ALONE), teacher=EPSILON_TEACHER),
    "epsilon-noise": Row(
        "noise predicted: distilled", overrides=(*EPSILON, "method.variance_weight=0.0"), teacher=EPSILON_TEACHER
    ),
    "epsilon-variance": Row("noise and variance distilled", overrides=EPSILON, teacher=EPSILON_TEACHER, paper="50.79"),
}
TEACHERS = {
    SHIPPED: Row("the softmax teacher", teacher=None),
    EPSILON_TEACHER: Row("a teacher of noise and variance", "teacher", EPSILON, teacher=None),
}
# What the paper found, and which of two rows is the better one by it.
TRENDS = (
    ("inherited", "scratch", "the teacher's weights help (63.24 to 53.83)"),
    ("noise", "inherited", "distilling the prediction helps (53.83 to 51.13)"),
    ("epsilon-variance", "epsilon-noise", "distilling the variance helps a little (51.13 to 50.79)"),
    ("noise", "plain", "the convolution helps (88.46 to 63.66)"),
    ("heads-2", "heads-12", "few heads are no worse (2, 6 and 96: 63.24, 63.66 and 78.76)"),
)
# (words, style), drawn by every row.
PROMPTS = (
    *(("a dragon", "fluent-3d"), ("pizza", "twemoji"), ("red heart", "fluent-flat"), ("rocket", "blob")),
    *(("castle", "fluent-color"), ("octopus", "fluent-mono"), ("a purple apple", "noto"), ("a frog", "emojione")),
)
