"""KakaoTalk. What moves is GIF. Source: the Kakao emoticon studio's guide."""

from lit.export.encode import Form
from lit.export.platform import Platform

TARGET = Platform(
    name="kakao",
    label="KakaoTalk",
    still=Form(format="png", size=(360, 360), limit=150_000, margin=6),
    moving=Form(format="gif", size=(360, 360), limit=2_000_000, margin=6, frames=(2, 1000)),
)
