"""Bad rosters, made on the spot, each with what the reader has to be told about it."""
