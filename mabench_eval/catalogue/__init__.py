"""What can be evaluated, by whom, judged by whom: tasks, models and judges as cards."""
