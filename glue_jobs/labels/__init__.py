"""What a series is in words: joined, dated and named once per series, when a release is built."""
