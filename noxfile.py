"""Sessions of the project: `nox -l` lists them, `nox -s NAME` runs one."""

import re
import time
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["lint", "tests", "build", "docs", "examples", "site"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
SITE = Path("docs/_build/html")
# Every warning is an error; all are shown; pages are read anew, so that none goes unseen.
STRICT = ("-n", "-W", "--keep-going", "-E", "-b", "html", "-d", "docs/_build/doctrees")
# One thread: faster for these sizes, and the only way to the same digits each time.
ENV = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}


def install(session: nox.Session, *groups: str, package: bool = True) -> None:
    """Install dependency groups, and the package in place, as pinned in constraints.txt."""
    names = nox.project.dependency_groups(PYPROJECT, *groups)
    here = ["--editable", "."] if package else PYPROJECT["project"]["dependencies"]
    session.install("--constraint", "constraints.txt", *here, *names)
    session.env.update(ENV)


def need_site(session: nox.Session) -> None:
    """Stop with a clear message where there is no built site to look at."""
    if not (SITE / "index.html").exists():
        session.error("there is no built site: run `nox -s docs` first")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, the direction of imports, spelling and the hosting files."""
    install(session, "lint", "test")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("codespell")
    for schema, file in {
        "vendor.readthedocs": ".readthedocs.yaml",
        "vendor.github-workflows": ".github/workflows/site.yml",
        "vendor.citation-file-format": "CITATION.cff",
    }.items():
        session.run("check-jsonschema", "--builtin-schema", schema, file)


@nox.session
def tests(session: nox.Session) -> None:
    """Test the library and the structure of the project; the scripts run elsewhere."""
    install(session, "test", "docs")
    session.run("pytest", "-n", "auto", "--dist", "loadscope", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Test the build: sites of a few scripts that fail, change or stay as they are."""
    install(session, "test", "docs")
    session.run("pytest", "tests/build", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site strictly and run every script; `nox -s docs -- NAME` runs matching ones."""
    install(session, "docs")
    start = time.monotonic()
    names = "|".join(map(re.escape, session.posargs))
    pattern = [f"-Dsphinx_gallery_conf.filename_pattern={names}"] if names else []
    session.run("sphinx-build", *STRICT, *pattern, "docs", str(SITE))
    session.log(
        "built in %.0f s; open %s", time.monotonic() - start, (SITE / "index.html").resolve()
    )


@nox.session
def examples(session: nox.Session) -> None:
    """Run each script by itself, as downloaded from the built site, outside the repository."""
    need_site(session)
    install(session, "test", package=False)
    session.run("pytest", "-n", "auto", "tests/examples", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Test the built site: its HTML, its notebooks, and how it behaves in a browser."""
    need_site(session)
    install(session, "site", package=False)
    session.run("pytest", "-n", "auto", "--dist", "loadgroup", "tests/site", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure ratios of times; fail above a limit or far from the record. `-- record` renews it."""
    install(session)
    session.run("python", "benchmarks/bench_trace.py")
    check = [] if "record" in session.posargs else ["--check"]
    session.run("python", "benchmarks/bench_packing.py", *check)
    session.run("python", "benchmarks/bench_speed.py", *check)


@nox.session(default=False)
def matrix(session: nox.Session) -> None:
    """Try what works with what; fail where it is not as recorded. `-- record` renews the record."""
    install(session, "docs")
    check = [] if "record" in session.posargs else ["--check"]
    session.run("python", "benchmarks/matrix.py", *check)


@nox.session(default=False)
def slow(session: nox.Session) -> None:
    """Train every page from five seeds, with two threads and with older instructions."""
    install(session, "test")
    session.run("pytest", "tests/slow", *session.posargs)


@nox.session(default=False)
def pdf(session: nox.Session) -> None:
    """Print the cheat sheet of the built site with Chromium, on A4 and on letter paper."""
    need_site(session)
    install(session, "site", package=False)
    session.run("python", "docs/print_cheatsheet.py")


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Break 200 places of the library one by one, and list what no test sees; `-- 10` for ten."""
    install(session, "test")
    session.run("python", "tests/mutants.py", *session.posargs)


@nox.session(default=False, venv_backend="none")
def serve(session: nox.Session) -> None:
    """Show the built site at http://localhost:8000 until you press Ctrl+C."""
    need_site(session)
    port = session.posargs[0] if session.posargs else "8000"
    where = ("--bind", "127.0.0.1", "--directory", str(SITE))
    session.run("python", "-m", "http.server", port, *where, external=True)
