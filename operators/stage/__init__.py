"""What every frame passes before a metric sees it, and what every row passes on its way out."""
