"""Where the bytes of evidence lie: a port with two engines, a local folder and an S3-compatible store."""
