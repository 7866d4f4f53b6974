"""Files of every format, broken in every way that a seed gives, and the law that a replay keeps over them."""
