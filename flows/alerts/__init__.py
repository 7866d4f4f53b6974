"""Alert rules over stored rows: what is told of a city, to whom, in which words."""
