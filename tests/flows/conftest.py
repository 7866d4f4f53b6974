"""The command line as a fixture."""

import sys

import pytest

from flows import cli


@pytest.fixture
def tilik(tmp_path, monkeypatch, capsys):
    """Run the command line in this process; gives (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tilik", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run
