"""`python -m coverage` is the command `phusong`."""

from coverage.cli import main

main(prog_name="phusong")
