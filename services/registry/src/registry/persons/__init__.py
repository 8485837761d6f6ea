"""One person per human being, with identifiers, redirects and survived attributes."""
