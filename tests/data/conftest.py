import pytest


@pytest.fixture(scope="session")
def data(folder, tmp_path_factory):
    from lit.data import StickerData

    return StickerData.open(folder, size=64, cache_dir=tmp_path_factory.mktemp("cache"))
