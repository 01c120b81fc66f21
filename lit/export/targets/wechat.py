"""WeChat: 240 pixels. What moves is GIF. Source: second-hand."""

from lit.export.encode import Form
from lit.export.platform import Platform

TARGET = Platform(
    name="wechat",
    label="WeChat",
    still=Form(format="png", size=(240, 240), limit=500_000, margin=4),
    moving=Form(format="gif", size=(240, 240), limit=500_000, margin=4, frames=(2, 1000)),
)
