"""The words that terms files may use, one tuple a clause; the published JSON Schema has the same ones."""

from __future__ import annotations

from typing import Final

CLASSES: Final = (
    "shared", "vps", "dedicated", "cloud", "cdn", "dns", "isp", "transit", "colo", "saas", "consumer",
)  # fmt: skip
BINDINGS: Final = ("guarantee", "target", "efforts", "voluntary")
PREDICATES: Final = ("=", "!=", ">=", ">", "<=", "<", "in")
CONFIDENCES: Final = ("primary", "primary-copy", "secondary", "unsure")

METRICS: Final = (
    "availability", "packet_loss", "packet_delivery", "latency_rtt", "latency_oneway", "jitter_mean",
    "jitter_share_over", "jitter_max", "time_to_repair", "mean_time_to_repair", "response_time",
    "notification_time", "power", "environment", "temperature", "humidity", "speed_down", "speed_up",
)  # fmt: skip
OPERATORS: Final = (">=", ">", "<=", "<")
STATISTICS: Final = ("ratio", "mean_of_samples", "share_over", "per_incident", "mean_per_ticket", "maximum")

SPEED_RULES: Final = ("de_fixed", "cz", "uk_ofcom")

LIVES: Final = ("own_lifetime", "assume_up", "full_period", "customer_stop_shrinks")
PERIOD_ANCHORS: Final = ("period_start", "claim_date", "incident_first_day", "outage_day")
EDGES: Final = ("split", "start", "end")
SUBJECTS: Final = (
    "instance", "bucket", "circuit", "host", "zone", "region", "project_region", "account", "feature", "site", "rack",
)  # fmt: skip
PLAIN_COMBINES: Final = ("each", "any", "all_down")
COMBINES: Final = (*PLAIN_COMBINES, "pooled", "weighted")

SYMPTOMS: Final = (
    "no_connectivity", "disk_io", "http_status", "request_errors", "slow", "loss", "no_output", "both_feeds_off",
    "all_nameservers_silent", "host_state", "severity_1", "unusable", "network_devices", "degraded",
)  # fmt: skip
UNIT_ALIGNS: Final = ("elapsed", "clock")
BUCKET_RULES: Final = ("all", "any", "error_rate", "loss")
EMPTY_BUCKETS: Final = ("up", "down", "skip")
RETRIES: Final = ("count_all", "honour_backoff")
QUALIFIES: Final = ("gross", "net")
CLOCK_STARTS: Final = ("onset", "detection", "ticket", "provable", "ticket_within_else_void")
CLOCK_STOPS: Final = ("restored", "ticket_closed", "earlier_of")
AUTHORITIES: Final = ("provider", "joint", "customer_evidence")

CAUSES: Final = (
    "scheduled_maintenance", "emergency_maintenance", "force_majeure", "customer", "ddos", "upstream",
    "third_party_access", "live_migration", "suspension", "beta", "measurement_failure", "transient", "equipment",
)  # fmt: skip
EFFECTS: Final = ("numerator", "both")
ARCHETYPES: Final = tuple(f"F{number}" for number in range(1, 11))
DENOMINATORS: Final = ("period", "lifetime", "period_minus_excluded", "buckets", "requests", "sum_over_subjects")

REMEDIES: Final = ("rows", "pro_rata", "lost_time", "per_unit", "flat")
TRIGGERS: Final = ("missed_commitment", "each_event", "each_day", "each_hour", "excess_time")
LOOKUPS: Final = ("availability", "event_duration", "cumulative_duration", "metric")
UNIT_BASES: Final = ("total", "excess")
UNIT_ROUNDS: Final = ("floor", "ceil", "exact")
CAP_PERS: Final = ("event", "day", "period", "quarter", "12_months", "claim")
STACKINGS: Final = ("sum", "one_per_time", "best_of", "not_stated")

WAIT_UNITS: Final = ("seconds", "minutes", "hours", "days", "business_days")
WITHIN_UNITS: Final = (*WAIT_UNITS, "months", "billing_cycles", "day_of_month")
ANCHORS: Final = (
    "incident_start", "incident_end", "ticket_close", "period_end", "fix_announced", "eligibility", "first_noticed",
)  # fmt: skip
