"""What the engines share that run a checkpoint on this machine: settings of a card, the conversation, answer modes."""
