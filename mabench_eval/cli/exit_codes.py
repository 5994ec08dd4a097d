"""What a command returns to the shell; ``--help`` lists the same."""

DONE, FAILED, BAD_INPUT, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130
