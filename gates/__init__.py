"""Gates of quality beside lint and tests: what we depend on, and what the tests are worth.

Each prints its figure and ends with 1 where it is not passed: `python -m gates NAME`, or `make`
with the same name. docs/quality.md says what each of them means.
"""
