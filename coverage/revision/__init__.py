"""A project changed by hand or by an imported sheet: steps, their check, and the copy they make."""
