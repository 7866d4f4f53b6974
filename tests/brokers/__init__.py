"""Real brokers on loopback for tests: an Apache Kafka and a mosquitto, each of the process that asks for it.

Each listens on free ports, keeps its data in a directory of the test's, and dies with the process that started it.
"""
