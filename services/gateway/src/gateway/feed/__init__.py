"""The event feed: everything the services said, in one order that no reader's cursor can miss."""
