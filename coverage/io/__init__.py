"""Files in and out: readers, writers, provenance and the content-addressed store."""
