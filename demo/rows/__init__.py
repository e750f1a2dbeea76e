"""One module a family of estimators; see ``demo``."""
