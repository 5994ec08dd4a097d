"""What a description of movement says: body parts, directions, phases, labels; and how far two texts agree."""
