"""Open data for any province of any country: fetched, checked, and laid out as a project."""
