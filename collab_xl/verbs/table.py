"""The verbs as data: name, parameters, module, and the sheet of its button. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from collab_xl.model.record import Struct

if TYPE_CHECKING:
    from collab_xl.verbs.report import Report


class Verb(Struct, frozen=True):
    """One verb. Its help is `verbs.help.<name>` in the catalogue, with `_` for the blank of `templates build`."""

    name: str
    """As typed. A verb of two words belongs to the group of its first word."""
    parameters: str
    """Names in `options.PARAMETERS`, in the order of the command line. `--json` and `--quiet` belong to every verb."""
    sheet: str = ""
    """The service sheet its ribbon button shows (see `addin.buttons.ButtonResult`); "" for a verb without such a button."""
    early: bool = False
    """Whether the workers that read its inputs start before its modules are imported."""
    own_name: str = ""
    """Its file and function, if the name is a Python keyword."""
    desk: str = ""
    """The group of its button on the desk: start, history, upkeep, or none; see `desk_group`."""

    @property
    def id(self) -> str:
        return self.name.replace(" ", "_")

    @property
    def function(self) -> str:
        return self.own_name or self.id

    @property
    def file(self) -> str:
        """The module in this folder: the verb's name, for a group its first word."""
        return self.own_name or self.name.partition(" ")[0]

    @property
    def takes(self) -> tuple[str, ...]:
        return tuple(self.parameters.split())

    @property
    def desk_group(self) -> str:
        """Its group on the desk: the one said, `week` for any other verb on a master, "" for a verb that is not on the desk."""
        return "" if self.desk == "none" else self.desk or ("week" if "master" in self.takes else "")

    def load(self) -> Callable[..., Report]:
        """Import its module and return its function."""
        function: Callable[..., Report] = getattr(import_module(f"{__package__}.{self.file}"), self.function)
        return function


MAILS = {
    "packs": "pack",
    "receipts": "receipt",
    "returns": "return",
    "chase": "chase",
    "escalate": "escalation",
    "week": "week",
}
"""What `send` sends, as typed → the kind of mail (`model.outgoing.MailKind`)."""

VERBS = (
    Verb("init", "master project departments forms country today own_lang", desk="start"),
    Verb(
        "import",
        "master inputs yes explain answers sheets heading maps said_words order one_form take_clashes department as_of no_write lang "
        "confirm ask show",
        own_name="import_tracker",
        desk="start",
    ),
    Verb("request", "master request_keys out as_of no_write lang", desk="upkeep"),
    Verb("issue", "master week departments carry out as_of no_write lang progress", sheet="submissions"),
    Verb(
        "send",
        "master mail_what mail_now week departments mail_again mail_sent mail_not_sent out as_of no_write lang progress asked_first show",
    ),
    Verb("collect", "master inputs department no_mail outlook watch as_of no_write lang progress show", sheet="submissions", early=True),
    Verb("check", "master as_of no_write lang", sheet="findings"),
    Verb("preview", "master inputs department again as_of no_write lang progress", sheet="preview", early=True),
    Verb("consolidate", "master inputs department again as_of no_write lang progress asked_first", sheet="submissions", early=True),
    Verb("resolve", "master take departments kinds from_files as_of no_write lang", sheet="conflicts"),
    Verb("flag", "master as_of no_write lang", sheet="overdue"),
    Verb("week", "master week pdf png html deck deck_template out as_of no_write lang", sheet="week"),
    Verb("compare", "master since until as_of no_write lang", sheet="comparison", desk="history"),
    Verb("baseline set", "master baseline_new as_of no_write lang", sheet="baselines", desk="upkeep"),
    Verb("baseline sign", "master baseline signing signed_by as_of no_write lang", sheet="baselines", desk="upkeep"),
    Verb("baseline compare", "master baseline as_of no_write lang", sheet="comparison", desk="upkeep"),
    Verb("baseline list", "master as_of lang", desk="upkeep"),
    Verb("progress", "master week departments out as_of no_write lang", desk="upkeep"),
    Verb("agenda", "master meeting meeting_on out as_of no_write lang"),
    Verb("close", "master verify anyway out as_of no_write lang progress", desk="upkeep"),
    Verb("undo", "master run only submission yes as_of no_write lang progress asked_first", sheet="changes", desk="history"),
    Verb("redo", "master as_of no_write lang", sheet="changes", desk="history"),
    Verb("log", "master listed_run lang", sheet="changes", desk="history"),
    Verb("status", "master week as_of lang", desk="history"),
    Verb("portfolio make", "masters week portfolio_out data_out as_of no_write own_lang progress", desk="upkeep"),
    Verb(
        "portfolio apply",
        "masters set_values holidays workdays own_words fields_from as_of no_write yes own_lang progress asked_first show",
    ),
    Verb("desk", "master_to_open minimized own_lang"),
    Verb("rules", "own_lang"),
    Verb("explain", "code own_lang"),
    Verb("demo", "demo_folder own_lang progress"),
    Verb("doctor", "master_to_diagnose trusted as_of lang fallback", desk="upkeep"),
    Verb(
        "mailbox set",
        "master mail_address mail_server mail_user mail_folder mail_client mail_tenant mail_smtp secret sign_in as_of lang progress",
        desk="upkeep",
    ),
    Verb("mailbox test", "master as_of lang", desk="upkeep"),
    Verb("robot set", "master robot_name secret as_of lang", desk="upkeep"),
    Verb("robot test", "master as_of lang", desk="upkeep"),
    Verb("templates build", "out own_lang"),
    Verb("addin build", "out python own_lang"),
    Verb("addin install", "to python autostart own_lang"),
    Verb("addin uninstall", "own_lang"),
    Verb("kit", "kit_folder platform python_version installer own_lang progress"),
    Verb("export", "master mspdi out as_of no_write lang", desk="none"),
    Verb("gantt", "master out as_of no_write lang", desk="upkeep"),
    Verb("calendar", "master due_department out as_of no_write lang", desk="upkeep"),
    Verb("lessons", "master lesson_words library as_of lang", desk="upkeep"),
    Verb("forms list", "master_if_any lang fallback", desk="upkeep"),
    Verb("forms check", "own_lang"),
    Verb("forms add", "master form_ids as_of no_write lang", desk="upkeep"),
    Verb("forms upgrade", "master older_forms as_of no_write lang", desk="upkeep"),
    Verb("forms apply", "master as_of no_write lang", desk="upkeep"),
)
"""In the order `--help` lists them."""
