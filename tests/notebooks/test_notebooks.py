"""The notebooks run from top to bottom on small settings, and are committed without outputs."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pruefstand.config.project import project_root

FOLDER = project_root() / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TIMEOUT_SECONDS = 180
LINES_OF_LOGIC = 5


def read(path: Path) -> nbformat.NotebookNode:
    """Return the notebook at `path`."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def sources(path: Path) -> list[str]:
    """Return the code cells without magics."""
    cells = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    return ["\n".join(line for line in c.split("\n") if not line.startswith("%")) for c in cells]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_committed(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_cell_holds_little_logic(path: Path) -> None:
    for source in sources(path):
        logic = [
            node
            for node in ast.parse(source).body
            if not isinstance(node, (ast.Import, ast.ImportFrom))
        ]
        assert len(logic) <= LINES_OF_LOGIC, source


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# The kernel's own sockets and event loop warn on their way out.
@pytest.mark.filterwarnings("default")
def test_the_notebook_runs(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))  # the signing key is created there
    monkeypatch.setenv("PRUEFSTAND_NUR", "pzn-160-gkv")
    monkeypatch.setenv("PRUEFSTAND_LASTDAUER", "5")
    monkeypatch.delenv("PRUEFSTAND_LASTLAUF", raising=False)
    notebook = read(path)
    client = NotebookClient(notebook, timeout=TIMEOUT_SECONDS, kernel_name="python3")
    client.execute(cwd=str(FOLDER))
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert any("text/html" in output.get("data", {}) for output in outputs)
