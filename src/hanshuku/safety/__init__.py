"""Lists, swaps, attacks and checks that tell whether a function treats people alike and stands firm; personal data; the guard that keeps harm out."""
