"""The app's pages, widgets, state and cache: the only place that knows Streamlit."""
