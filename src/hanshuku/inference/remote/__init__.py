"""Models on a server, asked over HTTP."""
