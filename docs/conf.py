"""Settings of the documentation's site, for Sphinx; `make docs` builds it (see tools/site.py)."""

from __future__ import annotations

project = "Phủ Sóng"
author = "Phủ Sóng"
language = "vi"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["conf.py"]

myst_heading_anchors = 4
nitpicky = True

html_theme = "furo"
html_title = "Phủ Sóng"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
# It would fetch pages, which a browser refuses to pages of a folder.
html_show_search_summary = False
