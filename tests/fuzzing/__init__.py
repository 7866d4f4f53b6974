"""Files and streams of every format, broken in every way that a seed gives, and the laws that hold over them."""
