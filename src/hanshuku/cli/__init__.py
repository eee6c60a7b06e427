"""The command line: the library, printed."""
