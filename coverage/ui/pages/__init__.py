"""One module per page of the app, each with a function `show`."""
