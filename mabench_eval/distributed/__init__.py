"""A run on many workers, by Ray: each has the model and takes clips as it becomes free; one process has the journal."""
