"""The options of every command, a module for each kind of command. Imports nothing heavy: ``--help`` is instant."""
