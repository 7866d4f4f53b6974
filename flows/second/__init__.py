"""The second flow: what looks across cameras, made of stored rows and never of frames.

Each of its steps is a function of what is stored, so that running it again, in
other spans or over last month gives the same, and writes only what differs.
"""
