"""The models that Generate may draw with, over HTTP; each answers with "models", the list as it is then.

POST models/list      all of them
POST models/look      {"model", "mount"}: what a folder holds, or what was fetched of the hub; nothing is loaded
POST models/add       the same, and it is put on the list: "name"
POST models/forget    {"name"}: off the list; its files stay
POST models/ask       {"model"}: what the hub has under this name
POST models/fetch     {"model"}: it is brought here
POST models/fetching  how far that is
POST models/stop      no further
"""

from starlette.routing import Route

from lit.errors import LiTError
from lit.sampling import registry
from lit.settings import DEFAULTS, SETTINGS
from lit.studio.languages import number, t
from lit.studio.shell.bodies import UNCLEAR
from lit.studio.studio import Studio
from lit.studio.tabs.generate.asked import answering
from lit.studio.words import in_words
from lit.studio.work.fetches import Fetches
from lit.studio.work.models import Entry, gib

LONGEST = 1000  # characters of a place


def routes(studio: Studio) -> list[Route]:
    """The addresses; none where the studio has its own model alone."""
    if not studio.worker.models.allowed:
        return []
    pages = ModelPages(studio)
    answers = (pages.list, pages.look, pages.add, pages.forget, pages.ask, pages.fetch, pages.fetching, pages.stop)
    return [Route(f"/models/{answer.__name__}", answering(answer), methods=["POST"]) for answer in answers]


class ModelPages:
    """Answers, each from the fields of a request. Raises LiTError for what cannot be answered."""

    def __init__(self, studio: Studio):
        self.worker, self.models, self.fetches = studio.worker, studio.worker.models, Fetches()

    def list(self, fields: dict) -> dict:
        """Each with what is said of it; `values`: what its controls begin with; `trouble`: why it cannot be used."""
        return {"models": [self._told(entry) for entry in self.models.all()], "own": self._own()}

    def look(self, fields: dict) -> dict:
        model, mount = _place(fields, "model"), _place(fields, "mount")
        return {"said": self._said(self.models.look(model, mount))}

    def add(self, fields: dict) -> dict:
        entry = self.models.add(_place(fields, "model"), _place(fields, "mount"))
        return self.list(fields) | {"name": entry.name}

    def forget(self, fields: dict) -> dict:
        self.models.forget(_place(fields, "name"))
        return self.list(fields)

    def ask(self, fields: dict) -> dict:
        self.fetches.begin(_place(fields, "model"), looks=True)
        return self.fetching(fields)

    def fetch(self, fields: dict) -> dict:
        self.fetches.begin(_place(fields, "model"), looks=False)
        return self.fetching(fields)

    def fetching(self, fields: dict) -> dict:
        """active: it runs.  said: how far it is, or what came of it.  asked: it was only asked for.  failed."""
        latest = self.fetches.latest
        if latest is None:
            return {"active": False, "said": "", "failed": False, "asked": False}
        said = latest.said
        if latest.active:
            said = t("Asking the hub.") if latest.looks else t("{n} GB are here.", n=number(latest.here / 1e9, 2))
        elif latest.failed and not said:
            said = t("Stopped. What is here already is used when it goes on.")
        elif not latest.failed and not latest.looks:
            said = t("It is here.")
        return {"active": latest.active, "said": said, "failed": latest.failed, "asked": latest.looks}

    def stop(self, fields: dict) -> dict:
        self.fetches.stop()
        return self.fetching(fields)

    def _own(self) -> dict:
        """What the studio's own model begins with."""
        usual = {
            name: DEFAULTS[name] for name in ("scheduler", "num_inference_steps", "guidance_scale", "output_scale")
        }
        schedulers = registry.names("flow-map")
        if self.worker.model == "ready":
            own = self.worker.pipeline()
            usual, schedulers = own.usual(), own.schedulers
        values = usual | {name: DEFAULTS[name] for name in ("width", "height")}
        return {"values": _values(values), "schedulers": list(schedulers)}

    def _told(self, entry: Entry) -> dict:
        try:
            facts = self.models.facts(entry.name)
        except LiTError as error:
            none = {"said": "", "values": {}, "schedulers": None, "styles": True}
            return {"name": entry.name, "trouble": in_words(error)} | none
        return {
            "name": entry.name,
            "said": self._said(facts),
            "values": _values(facts.usual()),
            "schedulers": list(facts.schedulers),
            "styles": facts.family is None,
            "trouble": "",
        }

    def _said(self, facts) -> str:
        """Kind, licence and size; what it needs and what is there; and what it has not, in a few sentences."""
        licence = facts.licence or t("not said")
        size = number(facts.stored / 1e9, 2)
        said = [t("{kind}, licence: {licence}, {size} GB.", kind=facts.label, licence=licence, size=size)]
        if self.worker.model == "ready":  # torch is here by then
            room = self.models.room(facts)
            needed, there = gib(room.needed), t("not said") if room.there is None else gib(room.there)
            if room.card:
                card = "It needs {needed} GiB on the graphics card, where {there} are free."
                said.append(t(card, needed=needed, there=there))
            else:
                said.append(
                    t("It needs {needed} GiB of memory, of which {there} are free.", needed=needed, there=there)
                )
            if not room.enough:
                said.append(t("That is too little here."))
        if facts.family is not None:
            said.append(t("Its pictures are opaque, and it knows no styles."))
            if facts.family.CLASSES:
                said.append(t("It draws classes: the words are one class's name or number."))
        if facts.mount is not None:
            said.append(t("Its self-attentions are those of {folder}.", folder=facts.mount.name))
        return " ".join(said)


def _values(settings: dict) -> dict:
    return {name: SETTINGS[name].to_page(value) for name, value in settings.items()}


def _place(fields: dict, name: str) -> str:
    found = fields.get(name, "")
    if not isinstance(found, str) or len(found) > LONGEST or "\x00" in found:
        raise LiTError(UNCLEAR)
    return found.strip()
