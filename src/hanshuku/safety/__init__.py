"""Lists, swaps and checks that tell whether a function treats people alike, attacks on it, and rules that keep harm out."""
