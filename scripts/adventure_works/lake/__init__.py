"""The lake: what was loaded, in versions, in a folder or on S3."""
