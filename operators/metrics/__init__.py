"""One room a metric: kernels that know the city and the stage, and nothing of each other."""
