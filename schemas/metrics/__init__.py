"""One card a metric: `CARD` of every module here; `schemas.cards` collects them."""
