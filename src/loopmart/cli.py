"""The command line: `loopmart <stage> …`. A DAG task, a script and a person call the same functions."""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

from loopmart import show, show_quarantine
from loopmart.budget.commands import budget_app
from loopmart.cycles import collect_seldom
from loopmart.errors import LoopmartError
from loopmart.settings import Settings
from loopmart.terminal import PLAIN_WIDTH, console

app = typer.Typer(
    help="From the files that shops send to figures that can be traced to their lines.\n\n"
    "A night is `loopmart run`: ingest, build, publish, with a gate after each layer. Each stage can be run "
    "alone and again; nothing is loaded or counted twice. Everything lies under LOOPMART_HOME.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
quarantine_app = typer.Typer(help="Rows that were refused: which file, line, column and value, why, and what to do.")
contracts_app = typer.Typer(help="Feeds and sources: check them, and write what is derived from them.")
source_app = typer.Typer(help="Exports of other systems: propose a contract, try out how a file would be read.")
identity_app = typer.Typer(help="Who is one person: what makes a member, and who may be in the lists twice.")
reconcile_app = typer.Typer(help="Breaks between till and bill: worksheets for the person who decides on them.")
experiment_app = typer.Typer(help="Before a campaign: what a hold-out or stores could show, and whether to trust it.")
audience_app = typer.Typer(help="Whom to reach again, with what: lists with reasons, consent, and a hold-out.")
app.add_typer(identity_app, name="identity")
app.add_typer(reconcile_app, name="reconcile")
app.add_typer(experiment_app, name="experiment")
app.add_typer(budget_app, name="budget")
app.add_typer(audience_app, name="audience")
app.add_typer(source_app, name="source")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(contracts_app, name="contracts")

Stores = Annotated[list[str] | None, typer.Option("--store", help="Only this sender's folder; may be repeated.")]
FullRefresh = Annotated[bool, typer.Option("--full-refresh", help="Build everything anew instead of the changes.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Business date, such as 2026-01-31.")]
Identifier = Annotated[
    str, typer.Argument(help="type:issuer:token, a token or its beginning, or the id of the member that it founds.")
]
DecidedBy = Annotated[str, typer.Option("--by", help="Who answers for it.")]
Reason = Annotated[str, typer.Option("--why", help="The reason; it stands in the history of the member.")]
DecidedOn = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="From which day on; today if not given.")
]
FileId = Annotated[str, typer.Argument(help="File id as `loopmart files` shows it, or its beginning.")]


class Gate(StrEnum):
    """The three gates."""

    landing = "landing"
    staging = "staging"
    marts = "marts"


@app.callback()
def _set_up(quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress lines.")] = False) -> None:
    progress = Console(stderr=True, width=None if sys.stderr.isatty() else PLAIN_WIDTH)
    handler = RichHandler(console=progress, show_path=False, show_level=False, omit_repeated_times=False)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", datefmt="%H:%M:%S", handlers=[handler])
    logging.getLogger("loopmart").setLevel(logging.WARNING if quiet else logging.INFO)


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]", help="Only these pulls; else all.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be fetched, and fetch nothing.")] = False,
) -> None:
    """Fetch what is new on SFTP servers and in S3 buckets into landing; then `loopmart ingest` takes it in.

    The servers stand in $LOOPMART_HOME/pulls.yaml, else in contracts/pulls.yaml, where comments show how. A file is
    fetched once: unchanged ones are known by size and time, renamed ones by their bytes, and a changed one comes under
    a new name. Nothing on a server is changed. A file that is still being written waits for the next pull. A server
    that fails does not stop the others; the exit code is then 1.

    Examples: `loopmart pull --dry-run`, `loopmart pull tills`
    """
    from loopmart.pull.report import raise_failures
    from loopmart.pull.run import pull_files

    reports = pull_files(Settings.load(), names or (), dry_run)
    for line in (line for report in reports for line in report.lines()):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    raise_failures(reports)


@app.command()
def ingest(store: Stores = None) -> None:
    """Take in what is new in landing: recognise, read, check, load; then the landing gate."""
    from loopmart import flow

    for report in flow.ingest(Settings.load(), store):
        console.print(
            f"{report.feed}: {report.files_loaded:,} files and {report.rows_loaded:,} rows loaded, "
            f"{report.rows_quarantined:,} rows quarantined, {report.files_refused:,} files refused"
        )


@app.command()
def build(full_refresh: FullRefresh = False, from_date: Day = None, to_date: Day = None) -> None:
    """Build the warehouse from what was taken in, through the staging and the marts gate."""
    from loopmart import flow

    flow.build(Settings.load(), full_refresh, from_date and from_date.date(), to_date and to_date.date())


@app.command()
def gate(name: Gate) -> None:
    """Check one gate now, without building or publishing anything."""
    from loopmart.gates import run as gates

    checks = {
        Gate.landing: gates.check_landing,
        Gate.staging: gates.check_staging,
        Gate.marts: gates.check_marts,
    }
    checks[name](Settings.load())
    console.print(f"{name.value} gate: passed")


@app.command()
def publish(
    rollback: Annotated[bool, typer.Option("--rollback", help="Serve the version before the current one.")] = False,
) -> None:
    """Publish the marts and the morning page in one step; the last versions are kept."""
    from loopmart.publish import run as publication

    settings = Settings.load()
    version = publication.rollback(settings) if rollback else publication.publish(settings)
    console.print(f"serving version {version} from {settings.serving_dir}")


@app.command()
def run(store: Stores = None, full_refresh: FullRefresh = False, from_date: Day = None, to_date: Day = None) -> None:
    """One night: ingest, build and publish, stopping at the first gate that does not hold."""
    from loopmart import flow

    settings = Settings.load()
    flow.run_all(settings, store, full_refresh, from_date and from_date.date(), to_date and to_date.date())
    show.print_summary(settings, console)


@app.command()
def summary() -> None:
    """What is published: files, rows, money, quarantine, campaign ROI, and where the page lies."""
    show.print_summary(Settings.load(), console)


@app.command()
def files(
    status: Annotated[
        list[str] | None,
        typer.Option(help="loaded, refused, duplicate, superseded, revoked, ignored or pending; may be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many of the newest to show; 0 for all.")] = 50,
) -> None:
    """What became of each file that arrived."""
    show.print_files(Settings.load(), console, status, limit)


@app.command()
def calendar(
    store: Annotated[list[str] | None, typer.Option("--store", help="Only this sender; may be repeated.")] = None,
    date: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Periods with this day in them.")
    ] = None,
    from_date: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Periods that end on this day or later.")
    ] = None,
    to_date: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Periods that begin on this day or earlier.")
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(help="missing, partial, late, not_due, arrived or closed; may be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many periods to show; 0 for all.")] = 50,
) -> None:
    """Who owes which file by when, what came, and what to do.

    What is owed stands in stores.csv, under owes: `till_utf8:day alipay_trade_bill:day@10:00`. A file is late if it
    came after its due time; missing if the due time has passed without it; partial if files speak for some days only;
    not_due while there is time; closed if the store does not open. Without dates and statuses, you see what is
    overdue and the last seven days. It knows the files that `loopmart ingest` has taken in.

    Examples: `loopmart calendar --status missing`, `loopmart calendar --store S00101 --from 2026-04-01`
    """
    from loopmart.ledger.store import utc_now
    from loopmart.show_calendar import choose, print_calendar

    choice = choose(store, date and date.date(), from_date and from_date.date(), to_date and to_date.date(), status)
    print_calendar(Settings.load(), console, choice, limit, utc_now())


@quarantine_app.command("list")
def quarantine_list() -> None:
    """Refused rows by file and reason, what most rows have first."""
    show_quarantine.print_quarantine(Settings.load(), console)


@quarantine_app.command("show")
def quarantine_show(
    file_id: FileId,
    limit: Annotated[int, typer.Option(help="How many rows to show; 0 for all.")] = 50,
) -> None:
    """The refused rows of one file, each with reason, remedy and its own text, the cell to blame marked."""
    show_quarantine.print_quarantined_rows(Settings.load(), console, file_id, limit)


@quarantine_app.command("export")
def quarantine_export(
    out: Annotated[Path, typer.Argument(help="CSV file to write.")],
) -> None:
    """Write every refused row with file, line, column, value, reason and remedy; personal values stay out."""
    show_quarantine.export_quarantine(Settings.load(), console, out)


@quarantine_app.command("replay")
def quarantine_replay(
    file_id: Annotated[str, typer.Argument(help="Only this file, by its id or its beginning.")] = "",
) -> None:
    """Read files that have refused rows once more, under today's contracts; what was mended counts from then on."""
    show_quarantine.replay(Settings.load(), console, file_id)


@app.command()
def trace(order_id: Annotated[str, typer.Argument(help="Order id as in marts.orders.")]) -> None:
    """The lines of files that an order comes from."""
    show.print_trace(Settings.load(), console, order_id)


@app.command()
def revoke(
    file_id: FileId,
    why: Annotated[str, typer.Option(help="The reason, kept in the ledger.")] = "revoked by hand",
) -> None:
    """Undo a file: from the next build on it does not count. The file and its rows are kept."""
    show.change_file(Settings.load(), console, file_id, "loaded", "revoked", why)


@app.command()
def restore(file_id: FileId) -> None:
    """Let a revoked file count again from the next build on."""
    show.change_file(Settings.load(), console, file_id, "revoked", "loaded", None)


@identity_app.command("review")
def identity_review(
    limit: Annotated[int, typer.Option(help="How many pairs to show; 0 for all.")] = 20,
    least_weight: Annotated[float, typer.Option(help="Only pairs of this weight or more.")] = 0.0,
) -> None:
    """Possible duplicates: people who may be in the lists twice though no key says so, the most likely first.

    Each pair shows what agrees and what differs, and both entries with file and line. Nothing is merged by it: who has
    looked and is sure says so with `loopmart identity link` or `loopmart identity veto`.
    """
    from loopmart.show_duplicates import print_review

    print_review(Settings.load(), console, limit, least_weight)


@identity_app.command("explain")
def identity_explain(a: Identifier, b: Identifier) -> None:
    """Why two identifiers are one member, or not: the chain of evidence with kind, days, file and line."""
    from loopmart.show_identity import explain

    explain(Settings.load(), console, a, b)


@identity_app.command("preview")
def identity_preview(
    limit: Annotated[int, typer.Option(help="How many members to show of each kind; 0 for all.")] = 20,
) -> None:
    """What the decisions as they stand now would merge and split in the last build, the largest first."""
    from loopmart.show_identity import preview

    preview(Settings.load(), console, limit)


@identity_app.command("veto")
def identity_veto(a: Identifier, b: Identifier, by: DecidedBy, why: Reason, on: DecidedOn = None) -> None:
    """Never let two identifiers be one member, whatever evidence says."""
    _decide("veto", a, b, by, why, on)


@identity_app.command("link")
def identity_link(a: Identifier, b: Identifier, by: DecidedBy, why: Reason, on: DecidedOn = None) -> None:
    """Make two identifiers one member."""
    _decide("link", a, b, by, why, on)


@identity_app.command("split")
def identity_split(a: Identifier, by: DecidedBy, why: Reason, on: DecidedOn = None) -> None:
    """Take an identifier out of its member: what was seen of it before that day no longer counts."""
    _decide("split", a, "", by, why, on)


def _decide(decision: str, a: str, b: str, by: str, why: str, on: datetime | None) -> None:
    from loopmart.ledger.store import utc_now
    from loopmart.show_identity import decide

    decide(Settings.load(), console, decision, a, b, (on or utc_now()).date(), by, why)


class Language(StrEnum):
    """Languages of a worksheet."""

    en = "en"
    zh = "zh"


@reconcile_app.command("worksheet")
def reconcile_worksheet(
    store: Annotated[
        list[str] | None,
        typer.Option("--store", help="Only this store, or `unmapped` for bills of no known store; may be repeated."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the workbooks; made if need be.")] = Path(),
    language: Annotated[Language, typer.Option(help="Of headings and words.")] = Language.en,
) -> None:
    """Write the open breaks of each store into a workbook, with cells for what is decided about them.

    A break is a difference between till and bill as `payment_reconciliation` was published last. In the workbook,
    fill decision (accepted, recovered or written_off), day, initials and a note, and leave empty what waits. Drop the
    filled workbook into the store's folder in landing, or into that of the head office: the next night reads it, and
    `payment_reconciliation.status` follows. The latest decision on a break holds; `reconciliation_decisions` keeps
    each with file and line. A workbook that lies there already is not overwritten.

    Examples: `loopmart reconcile worksheet --store S00101 --out sheets`, `loopmart reconcile worksheet --language zh`
    """
    from loopmart.reconcile.show import print_worksheets

    print_worksheets(Settings.load(), console, store or (), out, language.value)


class Unit(StrEnum):
    """What an experiment compares."""

    members = "members"
    stores = "stores"


WindowDays = Annotated[int, typer.Option(min=1, max=366, help="Days of the campaign and after it that would count.")]
HeldOut = Annotated[float, typer.Option(min=0.01, max=0.99, help="Share of members held out.")]


@experiment_app.command("power")
def experiment_power(
    unit: Annotated[Unit, typer.Argument(help="What would be compared.")],
    days: WindowDays = 28,
    held_out: HeldOut = 0.1,
    lift: Annotated[float, typer.Option(min=0.001, help="Rise of sales for which to count the members needed.")] = 0.05,
) -> None:
    """What effect an experiment could find, and how many members or stores it needs: look before you spend.

    Members: all who had bought before, some of them held out at random; the noise is that of the last days that are
    published. Stores: one, two, four … with the campaign, the others without, by synthetic control, with a lift planted
    into past weeks. An effect counts as found if a 95 % interval lies above 0, in four cases of five; where there are
    fewer than twenty stores, the level is lower and stands beside. docs/incrementality.md tells how.

    Examples: `loopmart experiment power members --days 14 --held-out 0.2`, `loopmart experiment power stores`
    """
    from loopmart import show_experiments

    if unit is Unit.members:
        show_experiments.print_power_of_members(Settings.load(), console, days, held_out, lift)
    else:
        show_experiments.print_power_of_stores(Settings.load(), console, days)


@experiment_app.command("aa")
def experiment_aa(
    days: WindowDays = 28,
    draws: Annotated[int, typer.Option(min=20, max=10_000, help="Campaigns to invent.")] = 400,
    held_out: HeldOut = 0.1,
    stores: Annotated[int, typer.Option(min=1, help="Stores with the campaign.")] = 1,
) -> None:
    """How often the methods find an effect of campaigns that never were, on your own past sales (an A/A test).

    Members are held out, and stores are chosen, at random and many times, on days without any campaign of that kind;
    whatever is found is a false positive. A rate well above what is promised says not to trust the method here: mostly
    a few members buy so much that the mean says little.

    Examples: `loopmart experiment aa`, `loopmart experiment aa --days 14 --held-out 0.2 --draws 2000`
    """
    from loopmart.show_experiments import print_trials

    print_trials(Settings.load(), console, days, draws, held_out, stores)


AudienceName = Annotated[str, typer.Argument(help="As `loopmart audience list` shows it.")]
ExportedOn = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day of the export; today if not given.")
]


@audience_app.command("list")
def audience_list() -> None:
    """The audiences that are written down in audiences/, one YAML each: docs/audiences.md shows how."""
    from loopmart.audience.show import print_audiences

    print_audiences(Settings.load(), console)


@audience_app.command("preview")
def audience_preview(name: AudienceName, on: ExportedOn = None) -> None:
    """Whom an audience finds today: how many would be reached, held out and left out, and why. Writes nothing."""
    from loopmart.audience.show import print_preview

    print_preview(Settings.load(), console, name, on and on.date())


@audience_app.command("export")
def audience_export(
    name: AudienceName,
    on: ExportedOn = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
) -> None:
    """Write the list of who is to be reached for the tools that send, and the record that brings the outcome home.

    The files in $LOOPMART_HOME/exports/<export id>/ hold raw contacts, readable by you alone: hand them to the tool
    that sends and delete them. The record goes into landing, where the next night reads it; it holds tokens alone. The
    export of an audience and day is done once: repeating it says so and changes nothing.

    Examples: `loopmart audience export lapsed --dry-run`, `loopmart audience export lapsed --on 2026-05-03`
    """
    from loopmart.audience.show import print_export

    print_export(Settings.load(), console, name, on and on.date(), dry_run=dry_run)


@source_app.command("check")
def source_check(
    file: Annotated[Path, typer.Argument(help="Any file, wherever it lies; it is only read.")],
    sender: Annotated[str | None, typer.Option(help="Who would send it, as in stores.csv.")] = None,
    lines: Annotated[int, typer.Option(help="How many lines of each class to show; 0 for all.")] = 20,
) -> None:
    """Say which source a file is, line by line what becomes of it, and why; nothing is loaded."""
    from loopmart.explain import check_file

    logging.getLogger("loopmart").setLevel(logging.WARNING)
    check_file(Settings.load(), console, file, sender, lines)


@source_app.command("new")
def source_new(
    samples: Annotated[list[Path], typer.Argument(help="Exports of one system, the more different the better.")],
    feed: Annotated[str | None, typer.Option(help="The feed, where the one that fits best is wrong.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the contract; else made of the file's name.")] = None,
    sender: Annotated[str | None, typer.Option(help="Who would send it, as in stores.csv.")] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="'column=field' where the proposal is wrong; may be repeated.")
    ] = None,
    constant: Annotated[
        list[str] | None, typer.Option(help="'field=value' for what no column gives; may be repeated.")
    ] = None,
    time_format: Annotated[
        list[str] | None, typer.Option("--format", help="'field=%d/%m/%Y %H:%M' for a time; may be repeated.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="yuan or fen, where no header says it.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the contract and a golden case.")] = False,
) -> None:
    """Look at samples of a new export and propose its contract: what is sure, unsure, and left to you."""
    from loopmart.onboard.run import new_source, read_choices

    logging.getLogger("loopmart").setLevel(logging.WARNING)
    choices = read_choices(map_ or (), constant or (), time_format or (), unit)
    new_source(Settings.load(), console, samples, choices, feed=feed, name=name, sender=sender, write=write)


@contracts_app.command("check")
def contracts_check() -> None:
    """Read every contract, the list of stores and that of pulls; say what does not fit."""
    from loopmart.contracts.catalogue import load_catalogue
    from loopmart.derived import find_stale
    from loopmart.pull.config import load_pulls

    settings = Settings.load()
    catalogue = load_catalogue(settings)
    pulls = load_pulls(settings, catalogue.senders)
    stale = find_stale(settings)
    if stale:
        raise LoopmartError(
            f"derived files differ from what they are derived from: {', '.join(stale)}. Run `loopmart contracts render`"
        )
    console.print(
        f"{len(catalogue.feeds)} feeds, {len(catalogue.sources)} sources, {len(catalogue.senders)} senders, "
        f"{len(pulls)} pulls: all fit"
    )


@contracts_app.command("render")
def contracts_render() -> None:
    """Write what is derived: dbt sources, landing suites, and the docs pages of feeds, marts and DAGs."""
    from loopmart.derived import render_all

    for path in render_all(Settings.load()):
        console.print(f"wrote {path}")


def main() -> None:
    """Entry point: an error that is meant to be read is printed without a traceback, with exit code 1."""
    collect_seldom()
    try:
        app()
    except LoopmartError as error:
        text = f"[bold red]error[/] {escape(str(error))}"
        Console(stderr=True).print(text, markup=True, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
