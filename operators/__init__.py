"""Kernels: tables and arrays in, tables and arrays out. No I/O, no clock, no engine, no logging."""
