"""The demo benchmark: rendered clips of a seated figure, with questions whose answers follow from the known motion."""
