"""The command ``tallystick``: one table of commands, each imported only when it is asked for."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import NoReturn, cast

import click

from tallystick.cli import output


@dataclass(frozen=True, slots=True)
class Entry:
    """A command of the table.

    Attributes:
        target: ``module:attribute`` of the click command.
        short_help: what ``tallystick --help`` says about it.
        needs_records: whether Django must stand before the module is imported.
    """

    target: str
    short_help: str
    needs_records: bool


COMMANDS: Mapping[str, Entry] = MappingProxyType(
    {
        "admission": Entry(
            "tallystick.cli.admission:admission", "Judge invoice books; back-test policies.", False
        ),
        "demo": Entry("tallystick.cli.demo:demo", "Carry one loan from request to disbursement.", True),
        "documents": Entry(
            "tallystick.cli.documents:documents", "Read invoices, licences, contracts and cards.", False
        ),
        "evidence": Entry(
            "tallystick.cli.evidence:evidence", "Record, qualify by and prove deliveries.", False
        ),
        "init": Entry("tallystick.cli.init:init", "Set up this installation.", True),
        "ledger": Entry("tallystick.cli.ledger:ledger", "Look at, verify and export the ledger.", False),
        "loan": Entry("tallystick.cli.loan:loan", "Work out loans: repayment schedules.", False),
        "member": Entry("tallystick.cli.member:member", "Manage the members of the consortium.", True),
        "network": Entry("tallystick.cli.network:network", "Found a network of nodes; try one here.", False),
        "node": Entry("tallystick.cli.node:node", "Run this installation's node of a network.", False),
        "policy": Entry("tallystick.cli.policy:policy", "Check, test and convert policies.", False),
        "programme": Entry("tallystick.cli.programme:programme", "Configure loan programmes.", True),
        "remind": Entry("tallystick.cli.remind:remind", "Send mail about what waits for an answer.", True),
        "serve": Entry("tallystick.cli.serve:serve", "Serve the web site and the API.", True),
        "user": Entry("tallystick.cli.user:user", "Manage the people who can log in.", True),
    }
)
# By name, so that a command without records never imports Django.
_START_RECORDS = "tallystick.bootstrap.framework:start"
_HELP_LENGTH = 200


class CommandTable(click.Group):
    """A group whose commands come from ``COMMANDS``, and which answers every error in one form."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None when the table has no such name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if entry.needs_records:
            cast(Callable[[], None], _load(_START_RECORDS))()
        command = _load(entry.target)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.target} is not a command.")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table alone, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.short_help) for name, entry in COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, *_: object, **__: object) -> NoReturn:
        """Run the command line and leave with its exit code.

        Raises:
            SystemExit: always; ``output`` says what the codes mean.
        """
        try:
            code = self._answered(list(sys.argv[1:] if args is None else args))
        except BrokenPipeError:  # nobody reads any more
            _drop_output()
            code = output.EXIT_FAULT
        except OSError as error:
            _drop_output()
            click.echo(f"Error: The output cannot be written: {error.strerror}.", err=True)
            code = output.EXIT_FAULT
        sys.exit(code)

    def _answered(self, args: list[str]) -> int:
        as_json = _asks_for_json(args)
        try:
            result = super().main(args, prog_name="tallystick", standalone_mode=False)
        except click.Abort:
            return output.EXIT_INTERRUPTED
        except OSError as error:
            print(end="", flush=True)  # raises again if it is the output that failed
            return output.report_failure(error, as_json)
        except Exception as error:  # noqa: BLE001 - the outermost door: nobody may see a traceback
            return output.report_failure(error, as_json)
        return result if type(result) is int else 0

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note ``--json`` wherever it stands, so that ``--version``, ``--help`` and groups obey it too."""
        if _asks_for_json(args):
            output.want_json(ctx)
            self._explain(ctx, [word for word in args if word != "--json"])
        return super().parse_args(ctx, args)

    def _explain(self, ctx: click.Context, words: Sequence[str]) -> None:
        """Print the help that ``words`` ask for, or what is in the group that they name, and leave.

        When they ask a command to do something, or name none, nothing happens here.
        """
        command: click.Command = self
        context = ctx
        for word in words:
            if word.startswith("-") or not isinstance(command, click.Group):
                break
            found = command.get_command(context, word)
            if found is None:
                return
            command, context = found, click.Context(found, parent=context, info_name=word)
        if "--help" in words:
            output.print_json({"help": context.get_help()})
            ctx.exit()
        if isinstance(command, click.Group) and words and context.info_name == words[-1]:
            output.print_json({"commands": _contents(command, context)})
            ctx.exit()


def _contents(group: click.Group, context: click.Context) -> list[dict[str, str]]:
    """Return the name and the short help of each command of ``group``."""
    found = ((name, group.get_command(context, name)) for name in group.list_commands(context))
    return [
        {"name": name, "help": command.get_short_help_str(_HELP_LENGTH)}
        for name, command in found
        if command is not None
    ]


def _drop_output() -> None:
    """Let what is still buffered go nowhere, or the last flush of the process would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _asks_for_json(args: Sequence[str]) -> bool:
    return "--json" in args


def _load(target: str) -> object:
    module, _, attribute = target.partition(":")
    return vars(import_module(module))[attribute]


def _print_version(ctx: click.Context, _option: click.Parameter, given: bool) -> None:
    if given:
        number = version("tallystick")
        output.emit({"version": number}, f"tallystick {number}")
        ctx.exit()


@click.group(cls=CommandTable, invoke_without_command=True)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version.",
)
@output.json_option
@click.pass_context
def tallystick(ctx: click.Context) -> None:
    """Lend and borrow against countersigned evidence."""
    if ctx.invoked_subcommand is None:
        listed = [{"name": name, "help": entry.short_help} for name, entry in COMMANDS.items()]
        output.emit({"commands": listed}, ctx.get_help())


def main() -> NoReturn:
    """Run ``tallystick`` on the arguments of this process; the console script."""
    tallystick.main()
