"""Stems."""

STEMS = {
    "MADU": ("Describe the movements.", "What moves?"),
    "MARE": ("Reason to the labels.", "Which labels, and why?"),
}
