"""Reports: how trouble comes in, by whatever channel, as one case."""
