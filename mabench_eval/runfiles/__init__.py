"""The files of a run, typed: frozen dataclasses and their way to JSON and back, checked.

Nothing is computed here and nothing rendered: who works figures out makes these, who shows them reads these.
"""
