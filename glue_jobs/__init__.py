"""Labor Lake: BLS time series and the US population as tables that SQL can query."""
