"""From a tracker's card to a tracker: the code beside the card, with the card's settings and those that are given."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from mabench_eval.catalogue import REGISTRY, TrackerCard
from mabench_eval.construction.tracking.trackers import ClipToTrack, Tracker
from mabench_eval.construction.tracks import TrackedClip
from mabench_eval.engines import identity, own, registered
from mabench_eval.errors import ClipError, InputError, MabenchError, did_you_mean
from mabench_eval.types import Json


def open_tracker(card: TrackerCard, settings: Json) -> OpenTracker:
    """The tracker of a card; ``settings`` stand in place of the card's own. Nothing is loaded yet.

    Raises InputError for code that does not register it, and for settings that it does not have.
    """
    for name in settings:
        if name not in card.settings:
            known = ", ".join(card.settings) or "none"
            raise InputError(
                f"tracker {card.name!r} has no setting {name!r}{did_you_mean(name, dict(card.settings))}",
                hint=f"Its settings: {known}",
            )
    return OpenTracker(replace(card, settings={**card.settings, **settings}))


class OpenTracker:
    """The tracker of a card, ready to follow the clips that it is given."""

    def __init__(self, card: TrackerCard) -> None:
        """Import the card's code. Raises InputError where it does not register the tracker."""
        self._card = card
        self._code = registered(card, REGISTRY.trackers)

    @property
    def identity(self) -> Json:
        """All that the tracks depend on besides the clip: the code, the settings, the card's version."""
        return identity(self._card, self._code)

    @property
    def facts(self) -> Mapping[str, str]:
        """``name``, ``version`` and ``licence``, for all that is made of the tracks."""
        return {"name": self._card.name, "version": str(self._card.version), "licence": self._card.licence}

    @property
    def draft(self) -> bool:
        """Whether its tracks are a first look alone, on which no question should rest."""
        return self._card.draft

    @property
    def environment(self) -> str | None:
        """Name of the environment that it runs in; None: the installed packages will do."""
        return self._card.environment

    def problems(self) -> list[str]:
        """What is missing (packages, weights, files), a line each, with what to do about it. Nothing is loaded."""
        return list(own(self._code, "problems", self._card.settings, []))

    def track(self, clip: ClipToTrack) -> TrackedClip:
        """Follow the person of a clip. Raises InputError or ClipError, which name the clip; the others go on."""
        try:
            tracked = self._tracker.track(clip)
        except (ClipError, InputError) as error:
            if clip.name in error.message:
                raise
            raise ClipError(f"clip {clip.name}: {error.message}", problems=error.problems, hint=error.hint) from error
        except MabenchError:
            raise
        except Exception as error:  # a user's tracker may raise anything; only this clip is lost
            place = traceback.extract_tb(error.__traceback__)[-1]
            raise ClipError(
                f"clip {clip.name}: tracker {self._card.name!r} broke off at {place.filename}:{place.lineno}: "
                f"{type(error).__name__}: {error}"
            ) from error

        if not isinstance(tracked, TrackedClip):
            what = type(tracked).__name__
            raise ClipError(f"clip {clip.name}: tracker {self._card.name!r} gave {what}, not a TrackedClip")
        if tracked.sides != clip.sides:
            raise ClipError(
                f"clip {clip.name}: tracker {self._card.name!r} names parts by the {tracked.sides}'s sides, "
                f"where the {clip.sides}'s were asked for"
            )
        return tracked

    @cached_property
    def _tracker(self) -> Tracker:
        """An instance of the class, or the function wrapped as one; made when the first clip comes."""
        if not inspect.isclass(self._code.target):
            return _Function(self._code.target)
        made: Tracker = self._code.target(self._card.settings)  # type: ignore[call-arg, assignment]
        return made


class _Function:
    """A function ``f(clip) -> TrackedClip`` as a tracker."""

    def __init__(self, function: Callable[[ClipToTrack], TrackedClip]) -> None:
        self._function = function

    def track(self, clip: ClipToTrack) -> TrackedClip:
        return self._function(clip)
