"""Drawing in replicas of the pipeline, on other cores, GPUs or machines, by Ray Serve."""
