"""What transformers and kernels themselves do with a config, to hold kernlint against."""
