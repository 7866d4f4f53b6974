"""Apache Kafka: its addresses here; the other modules load Kafka's client, which a command without Kafka never does."""

from connectors.kafka.address import Address, parse

__all__ = ["Address", "parse"]
