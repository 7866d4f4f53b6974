"""The command line: exit codes, one clear reason on stderr, options as people type them."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from backports import zstd

from connectors.formats import ReadOptions, read
from flows import options
from flows.commands import query as query_command
from flows.commands.replay import as_text
from flows.replay import ReplaySummary
from flows.replay.asked import Reason
from flows.replay.letters import Letters
from flows.settings import Settings
from schemas.errors import TilikError, UsageError

TILIK = Path(sys.executable).with_name("tilik")
COMMANDS = (
    ("replay",),
    ("simulate",),
    ("query",),
    ("warehouse", "serve"),
    ("warehouse", "migrate"),
    ("warehouse", "status"),
    ("registry", "check"),
    ("registry", "show"),
    ("registry", "import"),
    ("registry", "preview"),
    ("registry", "suggest"),
    ("registry", "forget"),
    ("registry", "areas"),
    ("calendar", "show"),
    ("calendar", "check"),
    ("dead-letters", "list"),
    ("doctor",),
)
RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"


def test_help_names_every_command_of_the_contract(tilik):
    code, out, _ = tilik("--help")
    wanted = ("replay", "simulate", "query", "warehouse", "registry", "dead-letters", "doctor")
    assert (code, [name for name in wanted if name not in out]) == (0, [])


@pytest.mark.parametrize(
    "command",
    COMMANDS,
    ids=" ".join,
)
def test_every_command_explains_itself(tilik, command):
    code, out, _ = tilik(*command, "--help")
    assert code == 0
    assert "Usage" in out


def test_help_needs_nothing_heavy():
    heavy = ("polars", "numpy", "numba", "bytewax", "duckdb", "clickhouse_connect", "pyarrow", "chdb", "apache_beam")
    code = f"import sys, flows.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_replay_into_a_folder_s_archive_loads_neither_pandas_nor_beam_nor_minio(tmp_path, empty_store):
    """The first comes with chdb and pyarrow loads it, where it may; the others are for backfills and for buckets."""
    frames = tmp_path / "frames.ndjson"
    frames.write_text('{"camera": "a", "ts": "2026-01-05T00:00:00Z", "objects": []}\n')
    heavy = {"pandas", "apache_beam", "minio"}
    code = f"import sys, flows.cli\ntry: flows.cli.main()\nfinally: print({heavy} & {{*sys.modules}})"
    given = ("--warehouse", empty_store("plain"), "--archive", f"file:{tmp_path / 'archive'}")
    told = ("replay", str(frames), *given, "--json")
    done = subprocess.run([sys.executable, "-c", code, *told], capture_output=True, text=True, check=True)
    summary, loaded = done.stdout.splitlines()
    assert (json.loads(summary)["frames"], loaded) == (1, "set()")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("replay", "x", "--format", "excel"), "expected one of"),
        (("replay", "x", "--start", "yesterday"), "--start yesterday"),
        (("replay", "x", "--size", "big"), "--size big"),
        (("replay", "x", "--class-map", "2:car"), "--class-map"),
        (("replay", "x", "--warehouse", "mysql://h"), "--warehouse: warehouse: expected embedded:DIR"),
        (("query", "SELECT 1", "--format", "xml"), "expected table, csv, json or parquet"),
        (("warehouse", "serve", "--warehouse", "http://store/tilik"), "only embedded:DIR"),
        (("simulate", "--cameras", "0", "--minutes", "1", "--out", "o"), "--cameras"),
        (("no-such-command",), "no-such-command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_ends_with_2_and_says_what_was_expected(tilik, arguments, reason):
    code, out, err = tilik(*arguments)
    assert (code, out) == (2, "")
    assert reason in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("expected a; came b"), 2),
        (TilikError("the store is away"), 1),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("a defect"), 1),
        (OSError(28, "No space left on device"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_way_to_end_has_its_exit_code_and_no_trace(tilik, monkeypatch, error, code):
    def breaks(*_, **__):
        raise error

    monkeypatch.setattr(query_command.options, "settings_of", breaks)
    monkeypatch.delenv("TILIK_DEBUG", raising=False)
    ended, _, err = tilik("query", "SELECT 1")
    assert ended == code
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_warehouse_that_does_not_answer_is_one_reason_and_exit_code_1(tmp_path):
    command = [TILIK, "query", "SELECT 1", "--warehouse", "http://nobody@127.0.0.1:1/tilik"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert [line for line in done.stderr.splitlines() if not line.startswith("tilik: ")] == []


def test_settings_with_mistakes_stop_a_command_before_it_starts(tilik, monkeypatch):
    monkeypatch.setenv("TILIK_WORKERS", "many")
    code, _, err = tilik("query", "SELECT 1")
    assert code == 2
    assert "TILIK_WORKERS" in err


def test_a_good_registry_is_summed_up(tilik):
    code, out, _ = tilik("registry", "check", RECORDINGS / "tud" / "campus.toml")
    assert code == 0
    assert "1 camera, 1 zone, 1 line" in out


def test_every_mistake_of_a_registry_is_one_line(tilik, tmp_path):
    (tmp_path / "bad.toml").write_text("[[camera]]\nid = 3\n")
    code, out, err = tilik("registry", "check", "bad.toml")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) >= 2
    assert all("bad.toml:" in line for line in err.splitlines())


def test_a_registry_is_shown_as_json_that_holds_its_cameras(tilik):
    _, out, _ = tilik("registry", "show", RECORDINGS / "tud" / "campus.toml", "--json")
    assert [camera["id"] for camera in json.loads(out)["camera"]] == ["tud-campus"]


def test_ctrl_c_ends_with_130():
    code = "import flows.cli as c, time; c.query.options.settings_of = lambda *a, **k: time.sleep(60); c.main()"
    process = subprocess.Popen([sys.executable, "-c", code, "query", "SELECT 1"], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while "sleep" not in Path(f"/proc/{process.pid}/wchan").read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "tilik: interrupted\n")


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("2026-01-05T00:00:00Z", 1767571200_000000),
        ("2026-01-05T07:00:00+07:00", 1767571200_000000),
        ("2026-01-05T00:00:00", 1767571200_000000),
        ("2026-01-05T00:00:00.000001Z", 1767571200_000001),
    ],
)
def test_a_start_is_read_to_the_microsecond(text, us):
    assert options.start_us(text) == us


def test_a_class_map_is_pairs_or_a_file(tmp_path):
    (tmp_path / "map.toml").write_text('2 = "car"\n7 = "truck"\n')
    (tmp_path / "map.json").write_text('{"2": "car", "7": "truck"}')
    wanted = {"2": "car", "7": "truck"}
    given = ("2=car, 7=truck", str(tmp_path / "map.toml"), str(tmp_path / "map.json"))
    assert [options.class_map(text) for text in given] == [wanted] * 3


def test_what_a_command_announces_holds_no_password(capsys):
    from flows.console import announce

    announce(Settings(warehouse="https://ana:hunter2@store/tilik"))
    assert "hunter2" not in capsys.readouterr().err


def test_the_installed_command_answers():
    done = subprocess.run([TILIK, "--version"], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.startswith("tilik 0.")


def test_input_of_which_nothing_can_be_read_states_nothing(tilik, tmp_path):
    (tmp_path / "bad.jsonl").write_text("no json\n{}\n")
    (tmp_path / "cams.toml").write_text('[[camera]]\nid = "a"\narea = "00"\nfps = 1.0\n')
    where = ("--warehouse", "embedded:./store")
    code, out, err = tilik("replay", "bad.jsonl", "--registry", "cams.toml", *where, "--json")
    assert (code, json.loads(out.splitlines()[-1])["rows"]) == (1, 0)
    assert "bad.jsonl: no frame could be used of it: 1 bad_type, 1 not_json" in err
    assert "`tilik dead-letters list --warehouse embedded:./store` shows" in err
    code, out, _ = tilik("dead-letters", "list", *where, "--format", "csv")
    assert out.startswith("source,position,reason,detail,")
    assert "missing required field" in out
    code, out, _ = tilik("query", "SELECT count() AS n FROM tilik.health_minute", *where, "--format", "csv")
    assert out.split() == ["n", "0"]
    code, out, _ = tilik("query", "SELECT sum(count) AS n FROM tilik.dead_letters", *where, "--format", "csv")
    assert out.split() == ["n", "2"]


def test_input_whose_cameras_are_all_unknown_states_nothing(tilik, tmp_path, empty_store):
    """A registered camera was told as offline for a minute: "became 20 rows", with no frame."""
    empty_store("store")
    rows = [{"camera": "b", "ts": f"2026-01-05T00:00:0{at}Z", "objects": []} for at in range(9)]
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "cams.toml").write_text('[[camera]]\nid = "a"\narea = "00"\nfps = 1.0\n')
    where = ("--warehouse", "embedded:./store")
    code, out, err = tilik("replay", "b.jsonl", "--registry", "cams.toml", *where)
    assert (code, out.split(" (")[0]) == (1, "No frame could be used, so no row says anything")
    assert "9 unknown_camera" in err
    for table, held in (("health_minute", 0), ("incidents", 0), ("dead_letters", 9)):
        _, out, _ = tilik("query", f"SELECT count() AS n FROM tilik.{table}", *where, "--format", "csv")
        assert (table, out.split()) == (table, ["n", str(held)])


def test_an_empty_file_names_no_list_of_what_was_refused(tilik, tmp_path):
    (tmp_path / "a.jsonl").write_text("")
    code, _, err = tilik("replay", "a.jsonl", "--warehouse", "embedded:./store")
    assert (code, "dead-letters" in err) == (1, False)
    assert err.splitlines()[-1] == "tilik: a.jsonl: expected records, came none: it is empty (0 bytes)"


NOTHING = [
    ("a.jsonl", b"", "native", "expected records, came none: it is empty (0 bytes)"),
    ("a.arrow", b"", "arrow", "came none: it is empty (0 bytes)"),
    ("a.jsonl.gz", gzip.compress(b""), "nvschema", "came none: what it unpacks to is empty (0 bytes)"),
    ("a.jsonl", b"\n \n\n", "native", "came none: it holds only blank lines"),
    ("a.json", b"[]", "opendatacam", "or lists without entries"),
    ("a.csv", b"frame,id,left,top,width,height,conf\n", "mot", "only blank lines or a heading"),
    ("a.jsonl", b"1,7,409,500,60,180,1\n", "native", "it looks like --format mot"),
    ("a.txt", b'{"camera":"a","ts":"2026-01-05T00:00:00Z","objects":[]}\n', "mot", "it looks like --format native"),
    (
        "a.csv",
        b"waktu;kelas;x;y\n05/01/2026;mobil;1,5;2\n",
        "native",
        "with semicolons between its cells: --format mot",
    ),
    ("a.csv", b"waktu\tkelas\tx\n05/01/2026\tmobil\t1,5\n", "nvschema", "a table with tabs between its cells"),
    ("a.csv", b"time,class,x\n2026-01-05,car,1\n", "opendatacam", "a table with commas between its cells"),
    ("a.arrow", b'{"camera":"a","ts":"2026-01-05T00:00:00Z","objects":[]}\n', "arrow", "this is JSON text"),
    ("a.jsonl", b"ARROW1\0\0", "native", "read it with --format arrow"),
    ("a.jsonl", gzip.compress(b"{" * 1000)[:20], "native", "1 bad_file"),
]


@pytest.mark.parametrize(("name", "content", "form", "reason"), NOTHING, ids=[f"{n[2]} {n[3]}" for n in NOTHING])
def test_input_without_one_record_ends_with_1_and_what_to_do(tmp_path, name, content, form, reason):
    (tmp_path / name).write_bytes(content)
    path = str(tmp_path / name)
    given = ReadOptions(now_us=1767571200_000000, camera="a", fps=1.0, start_us=0, size=(100, 100))
    letters = Letters()
    for chunk in read(path, form, given):
        letters.add(chunk.dead)
        assert not len(chunk.batch)
    assert reason in letters.unread([path], form)


def test_a_hint_names_the_warehouse_unless_settings_do():
    def hint(url, given, settings_file=None):
        return options.warehouse_again(SimpleNamespace(obj=settings_file), url, given)

    assert hint("embedded:./a", None) == ""
    assert hint("embedded:./my store", "embedded:./my store") == " --warehouse 'embedded:./my store'"
    assert hint("embedded:./a", None, "other.toml") == " --warehouse embedded:./a"
    assert hint("http://ana:hunter2@h:1/tilik", "...") == " --warehouse http://ana@h:1/tilik"
    reasons, rejects = (Reason("bad_type", 1, ""),), {"pixels": 3}
    said = as_text(ReplaySummary(2, 5, 4, 1, 0, 0, 1.0, reasons=reasons, rejects=rejects), " --warehouse embedded:a")
    assert "(see them: tilik dead-letters list --warehouse embedded:a)" in said
    assert "(see them: tilik query 'SELECT * FROM rejects' --warehouse embedded:a)" in said


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_packed_file_that_ends_early_is_said_by_name(tmp_path, pack):
    path = str(tmp_path / "half.jsonl.gz")
    lines = b"".join(
        b'{"camera":"a","ts":"2026-01-05T%02d:%02d:00Z","dwell":%d,"objects":[]}\n'
        % (at // 60 % 24, at % 60, at * 2654435761 % 2**32)
        for at in range(20_000)
    )
    whole = pack(lines)
    Path(path).write_bytes(whole[: len(whole) // 2])
    letters, frames = Letters(), 0
    for chunk in read(path, "native", ReadOptions(now_us=1777571200_000000)):
        letters.add(chunk.dead)
        frames += len(chunk.batch)
    assert frames > 0
    (said,) = letters.cut([])
    assert said.startswith(f"{path}: ends early (")
    assert said.endswith("): the records after it are missing")
    assert list(letters.cut([path])) == []


def test_a_file_that_gives_nothing_among_others_is_said_by_name(tilik, tmp_path, empty_store):
    empty_store("store")
    (tmp_path / "good.jsonl").write_text('{"camera":"a","ts":"2026-01-05T00:00:00Z","objects":[]}\n')
    (tmp_path / "rows.jsonl").write_text("1,7,409,500,60,180,1\n2,7,409,500,60,180,1\n")
    (tmp_path / "none.jsonl").write_text("\n")
    code, out, err = tilik("replay", "good.jsonl", "rows.jsonl", "none.jsonl", "--warehouse", "embedded:./store")
    assert code == 0
    assert "rows.jsonl: no frame could be used of it: 2 bad_type" in err
    assert "it looks like --format mot" in err
    assert "none.jsonl: expected records, came none" in err
    assert "2 dead letters: 2 bad_type (see them: tilik dead-letters list --warehouse embedded:./store)" in out


def test_a_registry_without_cameras_is_refused_in_one_line(tilik, tmp_path):
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "a.jsonl").write_text('{"camera":"a","ts":"2026-01-05T00:00:00Z","objects":[]}\n')
    code, _, err = tilik("replay", "a.jsonl", "--registry", "empty.toml", "--warehouse", "embedded:./store")
    assert code == 2
    assert "empty.toml: expected cameras, came none" in err
    assert "panic" not in err


def test_a_plan_says_what_would_change_before_and_after(tilik):
    asked = ("warehouse", "migrate", "--warehouse", "embedded:./store")
    code, out, _ = tilik(*asked, "--plan")
    assert (code, out) == (0, "embedded:./store does not exist: all tables and views would be made\n")
    code, out, _ = tilik(*asked)
    assert code == 0
    assert "numbered files" in out
    assert "views made" in out
    assert tilik(*asked, "--plan")[:2] == (0, "up to date: nothing would change\n")


def test_two_programs_may_make_one_warehouse_at_once(tmp_path):
    asked = [TILIK, "warehouse", "migrate", "--warehouse", "embedded:./store"]
    both = [subprocess.Popen(asked, cwd=tmp_path, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [each.communicate(timeout=120)[1] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
