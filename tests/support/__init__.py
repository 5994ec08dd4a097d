"""What several tests share: benchmarks made on the spot, scripted models, judges and servers, tiny checkpoints."""
