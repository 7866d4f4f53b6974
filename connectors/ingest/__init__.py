"""What takes records from senders who cannot be asked again: by HTTP and by MQTT, acknowledged once they are durable.

Records go to an `Intake`, which keeps many at once in a spool or a broker (`keepers`);
`http` and `mqtt` are the doors. docs/decisions/ingest.md says why so.
"""

from connectors.ingest.intake import Busy, Intake
from connectors.ingest.keepers import Keeper, SpoolKeeper

__all__ = ["Busy", "Intake", "Keeper", "SpoolKeeper"]
