"""The words of series: what each is called, and the index that `lake find` looks them up in."""
