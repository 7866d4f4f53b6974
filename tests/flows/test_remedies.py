"""What was left out, in words, and what would mend it."""

from __future__ import annotations

import pytest

from connectors.formats import Far
from flows import remedies
from flows.remedies import Counted, Left, Word
from flows.replay import telling
from schemas.registry import Registry
from schemas.rejects import OF_BOXES, OF_SIGNALS, REJECTS
from tests.flows.city import camera

CAMERA = camera("a")

SAID = {
    "pixels": ("pixels", ("640 x 500",), "they reach 640 x 500", "divide them by the width and height"),
    "shares in per cent": ("pixels", ("92 x 80",), "they reach 92 x 80", "picture, or by 100 if they are per cent"),
    "shares where px are meant": ("outside", ("1 x 0",), "they reach 1 x 0", "multiply them by its width and height"),
    "another size": ("outside", ("3830 x 2150",), "they reach 3830 x 2150", "--size 3840x2160"),
    "no size": ("outside", ("1.80 x 1.90",), "they reach 1.80 x 1.90", "send corners as shares of the picture"),
    "no picture is so large": ("outside", ("90000 x 9",), "90000 x 9", "give the size that the sender counts in"),
    "a word that means one of ours": ("unknown_class", ("orang", "?"), "orang (7), ? (7)", "--class-map orang=person"),
    "a word that means nothing": ("unknown_class", ("xyz",), "xyz (7)", "--class-map theirs=ours"),
    "numbers": ("unknown_class", ("0", "2"), "0 (7), 2 (7)", "--class-map 0=person,2=car, if its numbers are COCO's"),
    "a mask": ("unknown_mask", ("ya",), "ya (7)", "say masked, unmasked or incorrect"),
    "a kind": ("unknown_kind", ("banjir",), "banjir (7)", 'say kind "flood"'),
    "a zone nearly": ("unknown_zone", ("jaln",), "jaln (7)", "jaln: did you mean jalan?"),
    "a zone far off": ("unknown_zone", ("",), "none (7)", "none: its flood zones are jalan: register that one too"),
    "per cent": ("bad_value", ("30.0",), "30.0 (7)", "divide per cent by 100"),
}


@pytest.mark.parametrize(("reason", "words", "seen", "change"), SAID.values(), ids=SAID.keys())
def test_each_reason_says_what_was_seen_and_what_to_do(reason: str, words: tuple, seen: str, change: str) -> None:
    left = Left("a", reason, 10, 40, tuple(Word(word, 7) for word in words))
    assert remedies.seen(left).startswith("25% of its")
    assert seen in remedies.seen(left)
    assert change in remedies.change(left, CAMERA)


@pytest.mark.parametrize("reason", REJECTS)
def test_no_reason_lacks_its_words(reason: str) -> None:
    for left in (Left("a", reason, 3, 0), Left("a", reason, 3, 9, (Word("x", 3),))):
        assert remedies.seen(left)
        assert remedies.change(left, None)


def test_a_share_is_of_what_could_have_been_refused() -> None:
    counted = Counted(70, 6, {"pixels": 20, "outside": 10, "ignored": 5, "bad_value": 3, "unknown_zone": 1})
    assert [remedies.of(counted, reason) for reason in OF_BOXES] == [105] * 3
    assert [remedies.of(counted, reason) for reason in OF_SIGNALS] == [10] * 3
    assert remedies.of(counted, "ignored") == 105
    assert remedies.of(counted, "unknown_class") == 70


def test_few_are_counted_and_not_explained() -> None:
    few, many = Left("a", "outside", 3, 100), Left("a", "outside", 4, 100)
    assert list(telling.of_rejects([few], Registry(camera=(CAMERA,)))) == []
    assert len(list(telling.of_rejects([many], Registry(camera=(CAMERA,))))) == 1


def test_a_few_objects_of_a_class_that_is_not_ours_are_no_warning() -> None:
    """An aeroplane is nobody's mistake; a word that means one of ours is a class map's, however rare."""
    said = [Left("a", "unknown_class", 13, 52_980, (Word(word, 13),)) for word in ("aeroplane", "orang")]
    assert [left.is_worth_saying for left in said] == [False, True]
    assert Left("a", "unknown_class", 1_600, 52_980, (Word("aeroplane", 1_600),)).is_worth_saying


def test_what_is_less_than_one_per_cent_is_said_as_a_count() -> None:
    assert remedies.seen(Left("a", "unknown_class", 13, 52_980, (Word("orang", 13),))).startswith("13 of its objects")
    assert remedies.seen(Left("a", "unknown_class", 1, 100, (Word("orang", 1),))).startswith("1% of its objects")


def test_many_cameras_of_one_reason_are_not_all_named() -> None:
    left = [Left(f"c{i}", "no_area", 9, 9) for i in range(8)]
    said = list(telling.of_rejects(left, Registry()))
    assert len(said) == 6
    assert said[-1] == "3 more cameras with no_area: SELECT * FROM rejects"


def test_boxes_of_dead_letters_are_left_out_too() -> None:
    """A camera all of whose frames are dead letters has no row, and one with some counts them all."""
    refused = tuple(5 if reason == "pixels" else 0 for reason in REJECTS)
    seen = [telling.Seen("a", 9, 0, 0, 0, objects=15, refused=refused)]
    far = {(name, "pixels"): Far(name, "pixels", 30, (640.0, 500.0), (1280, 720)) for name in ("a", "b")}
    assert telling.left_out(seen, {}, far) == [
        Left("a", "pixels", 30, 45, (Word("640 x 500", 30),)),
        Left("b", "pixels", 30, 30, (Word("640 x 500", 30),)),
    ]
    assert telling.by_reason(seen) == {"pixels": 5}


def test_the_most_frequent_words_come_first_and_are_bounded() -> None:
    words = {("a", "unknown_class", f"w{i:02}"): i for i in range(40)}
    refused = tuple(9 if reason == "unknown_class" else 0 for reason in REJECTS)
    (left,) = telling.left_out([telling.Seen("a", 9, 0, 0, 0, objects=10, refused=refused)], words, {})
    assert left.words[0] == Word("w39", 39)
    assert len(left.words) == telling.MOST_WORDS


def test_cameras_that_are_not_registered_are_named_those_with_most_frames_first() -> None:
    assert list(telling.of_strangers({})) == []
    (said,) = telling.of_strangers({f"c{i}": 10 - i for i in range(8)})
    assert said.startswith("cameras that are not in the registry: c0 (10 frames), c1 (9 frames)")
    assert "and 3 more: register them" in said


def test_frames_of_a_clock_of_whole_seconds_are_said_to_count_once() -> None:
    (said,) = telling.of_copies(240, 960)
    assert said.startswith("960 frames of 1,200 have the camera, time and number of another, and count once: ")
    assert not [*telling.of_copies(240, 120), *telling.of_copies(0, 0)]
