"""The analysis behind the `motion` baseline: pixels, body parts, questions, labels, prose. No learned weights."""
