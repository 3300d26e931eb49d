"""The words of published terms as people say them."""

from __future__ import annotations

from typing import Final

STATISTICS: Final = {
    "ratio": "as a share",
    "mean_of_samples": "as the mean of what was measured",
    "share_over": "as the share of what was measured over {over}",
    "per_incident": "for each case",
    "mean_per_ticket": "as the mean over tickets",
    "maximum": "as the highest that was measured",
}
SPEED_RULES: Final = {
    "de_fixed": "the German rule for fixed lines",
    "cz": "the Czech rule for fixed lines",
    "uk_ofcom": "the British code of practice",
}
SUBJECTS: Final = {"bucket": "storage bucket", "project_region": "project and region", "zone": "zone"}
COMBINES: Final = {
    "each": "each is judged by itself",
    "any": "down while any of them is",
    "all_down": "down only while all of them are",
    "pooled": "all are thrown together",
    "weighted": "weighted",
}
DENOMINATORS: Final = {
    "period": "the whole period",
    "lifetime": "the time in which the resource existed",
    "period_minus_excluded": "the period less what is excused",
    "buckets": "all intervals of the period",
    "requests": "all requests of the period",
    "sum_over_subjects": "the time of all subjects together",
}
LIVES: Final = {
    "own_lifetime": "only the time in which the resource existed counts",
    "assume_up": "the time in which the resource did not exist counts as up",
    "full_period": "the period counts whole, however short the resource existed",
    "customer_stop_shrinks": "only the time until the customer stops or deletes it counts",
}
NOT_BY_TIME: Final = {
    "F4": "requests are counted, not time",
    "F10": "figures are judged, not time",
}
ALIGNS: Final = {
    "elapsed": "counted from the onset",
    "clock": "on the clock",
    None: "from the onset or on the clock is not stated",
}
ROUNDED: Final = {"floor": "down", "ceil": "up"}
CLOCKS: Final = {
    "onset": "counted from its onset",
    "detection": "counted from when the provider notices",
    "ticket": "counted from your ticket",
    "provable": "counted from when logs prove it",
    "ticket_within_else_void": "void without a ticket in time",
}
CLOCK_STOPS: Final = {
    "restored": "its end",
    "ticket_closed": "the closing of the ticket",
    "earlier_of": "its end or the closing of the ticket, whichever is first",
}
BINDINGS: Final = {
    "guarantee": "a guarantee",
    "target": "a target, no guarantee",
    "efforts": "a matter of reasonable efforts",
    "voluntary": "a voluntary figure",
}
CREDITS: Final = {
    "hours_of_fee": "h",
    "days_of_fee": "days",
    "months_of_fee": "months",
    "times_lost_time": "times the charge of the lost time",
}
ROUNDS: Final = {"ceil": " or part of it", "floor": " that is full", "exact": ", pro rata", None: ""}
STACKINGS: Final = {
    "sum": "credits add up",
    "one_per_time": "one credit for one time, whatever failed",
    "best_of": "only the best of several credits",
}
TRIGGERS: Final = {
    "each_event": " for each outage",
    "each_day": " for each day with an outage",
    "each_hour": " for each hour on the clock",
}
PERS: Final = {"12_months": "12 months", None: ""}
ANCHORS: Final = {
    "incident_start": "the outage began",
    "incident_end": "the outage ended",
    "ticket_close": "the ticket was closed",
    "period_end": "the period ended",
    "fix_announced": "the repair was announced",
    "eligibility": "you became entitled",
    "first_noticed": "you first noticed it",
}
