"""Samples of one check into spans: up, down, transitions, suspect, unknown (availability.md, section 2).

A pair of neighbouring samples is unknown when either sample is unknown, when they are further apart
than `g_max` (valid at the first), when their revisions differ, or when a suspend, reboot or stall
lies between. Else two good ones make `up`; a pair touched by a run of fewer than `confirm` bad ones
(valid at the run's first) is `suspect`; the rest is `down`, `trans_down`, `trans_up`. Nothing is said
here about periods, whose fault, or what was forgiven.

Outcomes arrive one by one, so the work is a fold: a `Run` is the open end of a series and holds all
that is needed to go on after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from probe.model import Rule, Sample, Span, SpanClass, State

Row = tuple[int | str, ...]

_CLASS_OF: Final = {State.UP: SpanClass.UP, State.UNKNOWN: SpanClass.UNKNOWN}


class Run(NamedTuple):
    """The open end of a series: the last sample and the run of equal states that it ends.

    at_ms, state, revision, g_max_ms, confirm: the last sample and its rule. t0_ms, first: where
    the open stretch began and the state there (for a run of bad samples, the good sample before
    it when the two are linked). n: samples in [t0_ms, at_ms], both ends counted. spacing_ms: the
    largest distance inside it (between bad samples only, for bad ones). bad, first_bad_ms,
    run_confirm: the run of bad samples, all 0 when the last sample is not bad.
    """

    at_ms: int
    state: State
    revision: int
    g_max_ms: int
    confirm: int
    t0_ms: int
    first: State
    n: int
    spacing_ms: int
    bad: int
    first_bad_ms: int
    run_confirm: int

    @property
    def is_confirmed(self) -> bool:
        """Whether the open run of bad samples is long enough to be an outage; False when there is none."""
        return self.bad > 0 and self.bad >= self.run_confirm

    @property
    def row(self) -> Row:
        """Every field as int or str, in order, for a table or JSON; `Run.of` reads it back."""
        head = self.at_ms, self.state.value, self.revision, self.g_max_ms, self.confirm, self.t0_ms
        return (*head, self.first.value, self.n, self.spacing_ms, self.bad, self.first_bad_ms, self.run_confirm)

    @staticmethod
    def of(row: Iterable[int | str]) -> Run:
        """The run whose `row` this is."""
        at, state, revision, g_max, confirm, t0, first, *counted = row
        rule = int(revision), int(g_max), int(confirm)
        n, spacing, *bad = (int(value) for value in counted)
        return Run(int(at), State(str(state)), *rule, int(t0), State(str(first)), n, spacing, *bad)


def extend(run: Run | None, sample: Sample) -> tuple[Run, tuple[Span, ...]]:
    """The run after `sample`, and the spans that are final now.

    The same sample again changes nothing. ValueError when the sample is earlier than the last one,
    or contradicts it: then the series must be classified anew.
    """
    if run is None:
        return _begun(sample), ()
    if sample.at_ms <= run.at_ms:
        if sample.at_ms == run.at_ms and sample.state == run.state:
            return run, ()
        raise ValueError(f"a sample at {sample.at_ms} ms can not follow one at {run.at_ms} ms: classify anew")
    if _is_unknown(run, sample):
        return _after_unknown(run, sample)
    if sample.state == run.state:
        return grown(run, sample.at_ms, sample.rule), ()
    if sample.state is State.DOWN:
        return _begun(sample, run), tail(run)
    return _begun(sample), _ended_well(run, sample)


def stays_up(run: Run, at_ms: int, revision: int) -> bool:
    """Whether a good sample that nothing breaks from the last one only makes the run longer: nearly every one does."""
    return run.state is State.UP and revision == run.revision and 0 < at_ms - run.at_ms <= run.g_max_ms


def grown(run: Run, at_ms: int, rule: Rule) -> Run:
    """The run after one more sample of its state."""
    _, state, revision, _, _, t0_ms, first, n, spacing_ms, bad, first_bad_ms, run_confirm = run
    distance = at_ms - run.at_ms
    spacing_ms = distance if distance > spacing_ms else spacing_ms
    bad += bad > 0
    last = at_ms, state, revision, rule.g_max_ms, rule.confirm
    return Run(*last, t0_ms, first, n + 1, spacing_ms, bad, first_bad_ms, run_confirm)


def tail(run: Run) -> tuple[Span, ...]:
    """The provisional spans of the open run, up to its last sample; none when it has one sample."""
    if run.state is not State.DOWN:
        return _some(_span(_CLASS_OF[run.state], run, run.at_ms, run.state))
    if not run.is_confirmed:
        return _some(_span(SpanClass.SUSPECT, run, run.at_ms, State.DOWN))
    entry = run.first_bad_ms - run.t0_ms
    down = SpanClass.TRANS_DOWN, 1, entry, run.first, State.DOWN, run.revision
    held = SpanClass.DOWN, run.bad - 1, run.spacing_ms, State.DOWN, State.DOWN, run.revision
    return _some(Span(run.t0_ms, run.first_bad_ms, *down), Span(run.first_bad_ms, run.at_ms, *held))


def classify(samples: Iterable[Sample]) -> tuple[Span, ...]:
    """All spans of the samples, the provisional tail included.

    They may come in any order. Several at one instant are one sample, unknown if they differ.
    """
    run: Run | None = None
    spans: list[Span] = []
    for sample in _one_per_instant(samples):
        run, final = extend(run, sample)
        spans += final
    return (*spans, *tail(run)) if run else ()


def _is_unknown(run: Run, sample: Sample) -> bool:
    return (
        run.state is State.UNKNOWN
        or sample.state is State.UNKNOWN
        or sample.at_ms - run.at_ms > run.g_max_ms
        or sample.revision != run.revision
        or sample.is_broken
    )


def _after_unknown(run: Run, sample: Sample) -> tuple[Run, tuple[Span, ...]]:
    stays_open = sample.state is State.UNKNOWN and sample.revision == run.revision
    if run.state is State.UNKNOWN:
        if stays_open:
            return grown(run, sample.at_ms, sample.rule), ()
        return _begun(sample), (_span(SpanClass.UNKNOWN, run, sample.at_ms, sample.state),)
    before = tail(run)
    gap = sample.at_ms - run.at_ms
    if stays_open:
        opened = _open(sample, run.at_ms, run.state, (2, gap))
        return opened, before
    unknown = Span(run.at_ms, sample.at_ms, SpanClass.UNKNOWN, 1, gap, run.state, sample.state, run.revision)
    return _begun(sample), (*before, unknown)


def _ended_well(run: Run, sample: Sample) -> tuple[Span, ...]:
    """The spans of a run of bad samples that a good one ends."""
    if not run.is_confirmed:
        return (_span(SpanClass.SUSPECT, run, sample.at_ms, State.UP),)
    gap = sample.at_ms - run.at_ms
    up = Span(run.at_ms, sample.at_ms, SpanClass.TRANS_UP, 1, gap, State.DOWN, State.UP, run.revision)
    return (*tail(run), up)


def _span(cls: SpanClass, run: Run, end_ms: int, last: State) -> Span:
    """The whole open stretch as one span that ends at `end_ms`: the last sample, or the one after it."""
    exit_ms = end_ms - run.at_ms
    entry_ms = run.first_bad_ms - run.t0_ms if run.bad else 0
    n = run.n if exit_ms else run.n - 1
    spacing = max(run.spacing_ms, entry_ms, exit_ms)
    return Span(run.t0_ms, end_ms, cls, n, spacing, run.first, last, run.revision)


def _some(*spans: Span) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.t0_ms < span.t1_ms)


def _begun(sample: Sample, before: Run | None = None) -> Run:
    """A new stretch at `sample`; `before` is the run whose last good sample is linked to this bad one."""
    if before is None:
        return _open(sample, sample.at_ms, sample.state, (1, 0))
    return _open(sample, before.at_ms, before.state, (2, 0))


def _open(sample: Sample, t0_ms: int, first: State, counted: tuple[int, int]) -> Run:
    is_bad = sample.state is State.DOWN
    bad = (1, sample.at_ms, sample.rule.confirm) if is_bad else (0, 0, 0)
    rule = sample.rule.g_max_ms, sample.rule.confirm
    return Run(sample.at_ms, sample.state, sample.revision, *rule, t0_ms, first, *counted, *bad)


def _one_per_instant(samples: Iterable[Sample]) -> list[Sample]:
    kept: list[Sample] = []
    for sample in sorted(samples, key=lambda sample: sample.at_ms):
        if kept and kept[-1].at_ms == sample.at_ms:
            agreed = kept[-1].state if kept[-1].state == sample.state else State.UNKNOWN
            kept[-1] = kept[-1]._replace(state=agreed, is_broken=kept[-1].is_broken or sample.is_broken)
        else:
            kept.append(sample)
    return kept
