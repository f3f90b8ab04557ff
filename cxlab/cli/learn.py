"""Commands that explain: the catalogue of metrics, and the lessons."""
