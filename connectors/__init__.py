"""The only room with sockets and files: formats, files, ClickHouse."""
