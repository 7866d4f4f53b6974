"""What is known of a track: where it is from frame to frame, what it crosses, how long it stays."""
