"""The engines that run models on this machine."""
