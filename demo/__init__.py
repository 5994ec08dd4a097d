"""The demo benchmark: short rendered clips of a seated figure, with questions answered from its known motion."""
