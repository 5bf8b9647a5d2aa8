"""Speed and accuracy of the radio engine: `python -m benchmarks`."""
