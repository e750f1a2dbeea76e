"""Sphinx configuration: ``make docs``. Nothing is fetched while building."""

import os
import sys
from importlib.metadata import version as installed_version

sys.path.insert(0, os.path.dirname(__file__))
os.environ.setdefault("MPLBACKEND", "Agg")

project = "pauca"
author = "The pauca developers"
copyright = author
release = version = installed_version("pauca")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # mathematics without a network
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "myst_parser",
    "_api",
    "_docstrings",
    "_gallery",
    "_performance",
    "cards",
]
exclude_patterns = ["_build", "examples"]
nitpicky = False

# --- API ------------------------------------------------------------------------------------------------------
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
templates_path = ["_templates"]

# --- gallery --------------------------------------------------------------------------------------------------
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "min_reported_time": 1,
    "thumbnail_size": (480, 300),
    "abort_on_example_error": True,
    "plot_gallery": "True",
    "remove_config_comments": True,
    "reset_modules": ("matplotlib", "seaborn", "_gallery.clock"),
    "reset_modules_order": "both",
}

# --- HTML -----------------------------------------------------------------------------------------------------
html_theme = "pydata_sphinx_theme"
html_title = f"pauca {version}"
html_static_path = ["_static"]
html_css_files = ["pauca.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"install": [], "changelog": []}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
