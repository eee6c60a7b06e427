"""Lists, swaps and checks that tell whether a function treats people alike, and rules that keep harm out."""
