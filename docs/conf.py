"""Configuration of the site. What needs code lives in `_ext`, one small extension each."""

import os
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the only way to the same digits each time
os.environ.setdefault("SOURCE_DATE_EPOCH", "0")  # figures and wheel carry no date
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "lstm-guide"
author = "the lstm-guide developers"
project_copyright = f"2026, {author}"
version = release = installed_version("lstm-guide")
language = "en"
html_baseurl = os.environ.get("GUIDE_URL", "")
repository_url = os.environ.get("GUIDE_REPOSITORY", "")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    "about_build",
    "api_pages",
    "by_error",
    "by_argument",
    "cheatsheet",
    "citations",
    "downloads",
    "fresh",
    "inventories",
    "landing",
    "markdown_pages",
    "mathml",
    "notebooks",
    "probe_pages",
    "run",
]
exclude_patterns = ["_build", "gallery/**/*.ipynb", "gallery/**/*.py"]
nitpicky = True
default_role = "py:obj"
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "guide"
bibtex_reference_style = "author_year"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_numpy_docstring = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": ("lstm_guide",),
    "backreferences_dir": "gallery/backreferences",
    "image_scrapers": ("isolation.svg_scraper", "tensors.note"),
    "reset_modules": ("isolation.restore",),
    "reset_modules_order": "both",
    "capture_repr": ("_repr_html_",),
    "inspect_global_variables": False,
    "remove_config_comments": True,
    "write_computation_times": False,
    "min_reported_time": 10**9,
    "show_signature": False,
    "nested_sections": True,
    "thumbnail_size": (320, 224),
    # For exercises, which have no picture of their own.
    "default_thumb_file": str(Path(__file__).parent / "_static" / "exercise.svg"),
}

intersphinx_mapping = {
    "torch": ("https://docs.pytorch.org/docs/stable/", "_build/inventories/torch.inv"),
    "python": ("https://docs.python.org/3/", "_build/inventories/python.inv"),
    "matplotlib": ("https://matplotlib.org/stable/", "_build/inventories/matplotlib.inv"),
}

templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = "LSTM guide"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["guide.css"]
html_js_files = [("guide.js", {"defer": "defer"})]
html_extra_path = []  # the extension `downloads` adds the wheel
html_copy_source = False
html_show_sourcelink = False
html_search_scorer = str(Path(__file__).with_name("search.js"))
html_sidebars = {"*": []}  # pages outside a section have no neighbours to list
html_context = {"default_mode": "auto", "repository_url": repository_url}
html_theme_options = {
    "footer_end": [],
    "footer_start": ["copyright"],
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "navigation_with_keys": False,
    "primary_sidebar_end": [],
    "search_as_you_type": True,
    "search_bar_text": "Search: an error message, an argument, a word",
    "secondary_sidebar_items": ["page-toc", "sg_download_links", "report"],
    "show_toc_level": 2,
}
copybutton_selector = "div:not(.sphx-glr-script-out) > div.highlight > pre"
copybutton_exclude = ".linenos, .gp, .go"
