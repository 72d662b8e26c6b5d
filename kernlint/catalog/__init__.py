"""What each release of transformers and kernels accepts."""
