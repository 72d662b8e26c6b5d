import pytest

from kernlint.model.nearest import nearest, nearest_all

DEVICES = ("cpu", "cuda", "mps", "npu", "rocm", "xpu")
CODES = ("KL101", "KL102", "KL103", "KL104", "KL201")


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        ("rmsnorm", ("RMSNorm", "LayerNorm"), "RMSNorm"),
        ("rms_norm", ("RMSNorm", "LayerNorm"), "RMSNorm"),
        ("RMS Norm", ("RMSNormal", "RMSNorm"), "RMSNorm"),
        ("known_layers", ("known-layers",), "known-layers"),
        ("selct", ("select", "ignore"), "select"),
        ("cuda:0", DEVICES, "cuda"),
        ("KL14", CODES, "KL104"),
        ("KL1O4", CODES, "KL104"),
        ("RMSNrm", ("RMSNorm", "RMSNorm"), "RMSNorm"),
        ("same", ("SAME", "same"), "same"),
    ],
)
def test_the_word_that_was_meant(word: str, candidates: tuple[str, ...], expected: str) -> None:
    assert nearest(word, candidates) == expected


@pytest.mark.parametrize(
    ("word", "candidates"),
    [
        ("gpu", DEVICES),  # as near to cpu as to npu and xpu
        ("KL10", CODES),
        ("something", DEVICES),
        ("", DEVICES),
        ("cuda", ()),
    ],
)
def test_no_guess_without_a_clear_favourite(word: str, candidates: tuple[str, ...]) -> None:
    assert nearest(word, candidates) is None


def test_the_cutoff_is_inclusive() -> None:
    assert nearest("ab", ("abcd",), cutoff=2 * 2 / 6) == "abcd"
    assert nearest("ab", ("abcd",), cutoff=0.7) is None


def test_all_near_words_come_in_order() -> None:
    assert nearest_all("gpu", DEVICES) == ["cpu", "npu", "xpu"]
    assert nearest_all("gpu", DEVICES, limit=2) == ["cpu", "npu"]
    assert nearest_all("LayerNorm", ("BatchNorm", "layer_norm", "RMSNorm")) == [
        "layer_norm",
        "RMSNorm",
    ]
    assert nearest_all("something", DEVICES) == []
