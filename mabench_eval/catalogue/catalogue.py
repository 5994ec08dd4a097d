"""The catalogue: tasks, models, judges, trackers, environments; built in, by ``--include``, plugins and decorators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mabench_eval.catalogue.cards import EnvironmentCard, JudgeCard, ModelCard, TaskCard, TrackerCard, with_own_paths
from mabench_eval.catalogue.plugins import code_beside, import_file, installed_plugins, is_package
from mabench_eval.catalogue.registry import REGISTRY, Registration
from mabench_eval.catalogue.schema import read_card
from mabench_eval.catalogue.selection import AnyCard, Named, find_card, find_model, paper_order
from mabench_eval.errors import InputError

PACKAGE = Path(__file__).resolve().parents[1]
FOLDERS = ("tasks", "models", "judges", "trackers", "environments")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that can be evaluated. Names are found in any case."""

    tasks: Mapping[str, TaskCard]
    """In the paper's order, tasks of plugins after them."""
    models: Mapping[str, ModelCard]
    judges: Mapping[str, JudgeCard]
    trackers: Mapping[str, TrackerCard]
    environments: Mapping[str, EnvironmentCard]
    problems: tuple[str, ...] = ()
    """Cards and files that cannot be used, from the built-in and the included folders."""
    warnings: tuple[str, ...] = ()
    """Installed plugins that cannot be used, one line each."""

    def check(self) -> Catalogue:
        """Return self, or raise InputError with all problems."""
        if self.problems:
            raise InputError("the catalogue has broken entries", problems=self.problems)
        return self

    def model(self, name: str) -> ModelCard:
        """The model's card. Raises InputError with a suggestion and the list."""
        return find_model(name, self.models)

    def judge(self, name: str) -> JudgeCard:
        """The judge's card. Raises InputError with a suggestion and the list."""
        return find_card("judge", name, self.judges)

    def tracker(self, name: str) -> TrackerCard:
        """The tracker's card. Raises InputError with a suggestion and the list."""
        return find_card("tracker", name, self.trackers)

    def environment(self, name: str) -> EnvironmentCard:
        """The environment's card. Raises InputError with a suggestion and the list."""
        return find_card("environment", name, self.environments)


def builtin_folder() -> Path:
    """The folder that holds tasks/, models/, judges/ and the like: the repository's, or the wheel's."""
    installed = PACKAGE / "builtin"
    return installed if installed.is_dir() else PACKAGE.parent


def load_catalogue(include: Sequence[Path] = (), kinds: Sequence[str] = FOLDERS) -> Catalogue:
    """Read every card. Never raises for a broken entry: it is listed in ``problems`` or ``warnings``.

    ``kinds``: of ``FOLDERS``; a list of tasks needs no model's card.
    """
    loading = _Loading(kinds)
    loading.folder(builtin_folder())
    for path in include:
        loading.included(path)
    plugins, warnings = installed_plugins()
    for name, folder in plugins:
        plugin = _Loading(kinds, loading.tasks, loading.models, loading.judges, loading.trackers, loading.environments)
        plugin.folder(folder)
        warnings += [f"plugin {name!r}: {problem}" for problem in plugin.problems]
    loading.registered()
    return Catalogue(
        tasks=dict(sorted(loading.tasks.items(), key=lambda item: paper_order(item[0]))),
        models=dict(sorted(loading.models.items())),
        judges=dict(sorted(loading.judges.items())),
        trackers=dict(sorted(loading.trackers.items())),
        environments=dict(sorted(loading.environments.items())),
        problems=tuple(loading.problems),
        warnings=tuple(warnings),
    )


@dataclass(slots=True)
class _Loading:
    """The catalogue while it is read."""

    kinds: Sequence[str]
    """Folders that are read, of ``FOLDERS``."""
    tasks: dict[str, TaskCard] = field(default_factory=dict)
    models: dict[str, ModelCard] = field(default_factory=dict)
    judges: dict[str, JudgeCard] = field(default_factory=dict)
    trackers: dict[str, TrackerCard] = field(default_factory=dict)
    environments: dict[str, EnvironmentCard] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def included(self, path: Path) -> None:
        """What ``--include`` was given: a Python file, a package, or a folder with tasks/, models/, ... in it."""
        if any(_holds_cards(path / name) for name in FOLDERS):
            self.folder(path)
        elif is_package(path) or (path.is_file() and path.suffix == ".py"):
            self._python(path)
        else:
            folders = ", ".join(f"{name}/" for name in FOLDERS)
            self.problems.append(
                f"--include {path}: neither a Python file, nor a package (a folder with __init__.py), nor a folder "
                f"with {folders} in it"
            )

    def folder(self, root: Path) -> None:
        """Built-in, included and plugin folders alike."""
        self._cards(root / "tasks", TaskCard, self.tasks)
        self._cards(root / "models", ModelCard, self.models)
        self._cards(root / "judges", JudgeCard, self.judges)
        self._cards(root / "trackers", TrackerCard, self.trackers)
        self._cards(root / "environments", EnvironmentCard, self.environments)
        for name in ("models", "judges", "trackers"):
            if name in self.kinds:
                self._code(root / name)

    def _code(self, folder: Path) -> None:
        """Import what stands beside no card; what does is imported when its card is used."""
        files = {path.stem: path for path in folder.glob("*.py")}
        packages = {path.parent.name: path.parent for path in folder.glob("*/__init__.py")}
        for name in sorted(files | packages):
            if name in files and name in packages:
                self.problems.append(f"{packages[name]} and {files[name]}: the code is one or the other")
            elif not (folder / f"{name}.yaml").exists():
                self._python(files.get(name) or packages[name])

    def registered(self) -> None:
        """Cards for what decorators brought, except where a card file stands beside the code."""
        for model in REGISTRY.models.values():
            if not _has_card(model, self.models):
                self._add(self.models, _model_card(model))
        for judge in REGISTRY.judges.values():
            if not _has_card(judge, self.judges):
                card = JudgeCard(judge.name, "python", _first_line(judge), source=judge.source)
                self._add(self.judges, card)
        for tracker in REGISTRY.trackers.values():
            if not _has_card(tracker, self.trackers):
                self._add(self.trackers, _tracker_card(tracker))

    def _cards(self, folder: Path, kind: type[AnyCard], table: dict[str, AnyCard]) -> None:
        if folder.name not in self.kinds:
            return
        for path in sorted(folder.glob("*.yaml")):
            try:
                card = read_card(path, kind)
                if isinstance(card, ModelCard | JudgeCard):
                    card = replace(card, settings=with_own_paths(card.settings, path.resolve().parent))
                self._add(table, card)
            except InputError as error:
                self.problems.extend(error.problems or [error.message])

    def _python(self, path: Path) -> None:
        try:
            import_file(path)
        except InputError as error:
            self.problems.append(error.message)

    def _add(self, table: dict[str, AnyCard], card: AnyCard) -> None:
        same = next((c for name, c in table.items() if name.casefold() == card.name.casefold()), None)
        if same is None:
            table[card.name] = card
        else:
            self.problems.append(f"{card.name!r} is defined twice: in {same.source} and in {card.source}")


def _holds_cards(folder: Path) -> bool:
    """Whether it is a folder of the catalogue, and not a package of the same name inside somebody's code."""
    return folder.is_dir() and (not is_package(folder) or any(folder.glob("*.yaml")))


def _has_card(registration: Registration, table: Mapping[str, Named]) -> bool:
    card = table.get(registration.name)
    code = code_beside(card.source) if card and card.source else None
    source = registration.source.resolve()
    return code is not None and code.resolve() in (source, *source.parents)


def _model_card(model: Registration) -> ModelCard:
    return ModelCard(model.name, "python", _first_line(model), model.needs_frames, source=model.source)


def _tracker_card(tracker: Registration) -> TrackerCard:
    return TrackerCard(tracker.name, _first_line(tracker), "not stated", source=tracker.source)


def _first_line(registration: Registration) -> str:
    return next(iter((registration.target.__doc__ or "registered in Python").strip().splitlines()))
