"""The frame of the command line: lazy commands, one form for every answer and every failure."""

import json
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from django.db import InterfaceError, OperationalError, ProgrammingError

from tallystick.cli import main as frame
from tallystick.cli.output import emit, json_option, table
from tallystick.errors import Conflict, Corruption, Malformed, Rejection, TallystickError, Unavailable

LISTED = {
    "documents": ("tallystick.cli.documents:documents", False),
    "ledger": ("tallystick.cli.ledger:ledger", False),
    "loan": ("tallystick.cli.loan:loan", False),
    "admission": ("tallystick.cli.admission:admission", False),
    "demo": ("tallystick.cli.demo:demo", True),
    "evidence": ("tallystick.cli.evidence:evidence", False),
    "remind": ("tallystick.cli.remind:remind", True),
    "serve": ("tallystick.cli.serve:serve", True),
    "init": ("tallystick.cli.init:init", True),
    "member": ("tallystick.cli.member:member", True),
    "user": ("tallystick.cli.user:user", True),
    "policy": ("tallystick.cli.policy:policy", False),
    "programme": ("tallystick.cli.programme:programme", True),
    "network": ("tallystick.cli.network:network", False),
    "node": ("tallystick.cli.node:node", False),
}
HEAVY = ("django", "duckdb", "ibis")


def process(*arguments, environment=None, code="from tallystick.cli.main import main; main()"):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, timeout=60, env=environment, check=False,
    )  # fmt: skip


def invoke(*arguments, environment=None):
    return CliRunner().invoke(frame.tallystick, list(arguments), env=environment)


@pytest.fixture
def failing(monkeypatch):
    """A way to add a command ``fail`` that raises what it is given."""

    def install(error):
        @click.command()
        @json_option
        def fail():
            raise error

        module = type(sys)("tallystick_failing_command")
        module.fail = fail
        monkeypatch.setitem(sys.modules, module.__name__, module)
        entry = frame.Entry(f"{module.__name__}:fail", "Fail.", needs_records=False)
        monkeypatch.setattr(frame, "COMMANDS", {"fail": entry})

    return install


def test_the_table_names_every_command_and_who_needs_records():
    assert {name: (entry.target, entry.needs_records) for name, entry in frame.COMMANDS.items()} == LISTED


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_lists_every_command_without_importing_one(arguments):
    code = (
        "import sys, atexit\n"
        "from tallystick.cli.main import main\n"
        "atexit.register(lambda: print([n for n in sys.modules if n.startswith('tallystick.cli.')]))\n"
        "main()"
    )
    answer = process(*arguments, code=code)
    assert answer.returncode == 0
    assert all(
        name in answer.stdout and entry.short_help in answer.stdout for name, entry in frame.COMMANDS.items()
    )
    assert answer.stdout.splitlines()[-1] == "['tallystick.cli.output', 'tallystick.cli.main']"


def test_a_command_without_records_never_imports_a_heavy_library():
    code = (
        "import sys, atexit\n"
        "from tallystick.cli.main import main\n"
        f"atexit.register(lambda: print([n for n in {HEAVY} if n in sys.modules]))\n"
        "main()"
    )
    answer = process("loan", "schedule", "--help", code=code)
    assert answer.returncode == 0
    assert answer.stdout.splitlines()[-1] == "[]"


def test_records_are_started_before_the_module_of_a_command_that_needs_them_is_imported(monkeypatch):
    order = []
    start, command = type(sys)("tallystick_start"), type(sys)("tallystick_command")
    start.start = lambda: order.append("started")

    @click.command()
    def needy():
        order.append("ran")

    command.needy = needy

    def import_in_order(name):
        order.append(name)
        return {"tallystick_start": start, "tallystick_command": command}[name]

    monkeypatch.setattr(frame, "import_module", import_in_order)
    monkeypatch.setattr(frame, "_START_RECORDS", "tallystick_start:start")
    monkeypatch.setattr(frame, "COMMANDS", {"needy": frame.Entry("tallystick_command:needy", "Need.", True)})
    assert invoke("needy").exit_code == 0
    assert order == ["tallystick_start", "started", "tallystick_command", "ran"]


def test_the_version_is_printed_as_text_and_as_json():
    text, document = invoke("--version"), invoke("--version", "--json")
    assert text.exit_code == document.exit_code == 0
    assert text.stdout == f"tallystick {json.loads(document.stdout)['version']}\n"


def test_the_list_of_commands_is_also_one_json_document():
    listed = json.loads(invoke("--json").stdout)["commands"]
    assert [each["name"] for each in listed] == list(frame.COMMANDS)


def test_the_commands_of_a_group_are_one_json_document() -> None:
    listed = json.loads(invoke("loan", "--json").stdout)["commands"]
    assert listed == [
        {"name": "schedule", "help": "Print the repayment schedule of a loan, exact to the minor unit."}
    ]
    assert [each["name"] for each in json.loads(invoke("ledger", "--json").stdout)["commands"]] == [
        "export", "genesis", "prove", "prove-state", "rebuild", "status", "verify", "verify-bundle",
    ]  # fmt: skip
    text = invoke("loan")
    assert (text.exit_code, text.stdout) == (2, "")


@pytest.mark.parametrize("words", [[], ["loan"], ["loan", "schedule"], ["ledger", "verify"]])
def test_help_is_also_one_json_document(words) -> None:
    text = invoke(*words, "--help").stdout
    for arguments in ([*words, "--help", "--json"], ["--json", *words, "--help"]):
        assert json.loads(invoke(*arguments).stdout) == {"help": text.rstrip("\n")}


def test_help_on_no_command_is_refused() -> None:
    document = invoke("loan", "nothing", "--help", "--json")
    assert document.exit_code == 2
    assert json.loads(document.stdout)["error"]["code"] == "bad_usage"


@pytest.mark.parametrize("arguments", [["--json"], ["--version"], ["--help"], ["nothing", "--json"]])
def test_output_that_cannot_be_written_is_one_sentence(arguments) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from tallystick.cli.main import main; main()", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Error: The output cannot be written: No space left on device."
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (OperationalError("no such table: records_user"), "not_initialised", 2),
        (ProgrammingError('relation "records_user" does not exist'), "not_initialised", 2),
        (OperationalError("connection refused"), "database_unavailable", 3),
        (InterfaceError("connection already closed"), "database_unavailable", 3),
        (PermissionError(13, "Permission denied"), "home_not_writable", 2),
        (FileNotFoundError(2, "No such file"), "internal_error", 1),
    ],
)
def test_what_libraries_raise_is_said_in_our_words(failing, error, code, exit_code) -> None:
    failing(error)
    answer = invoke("fail", "--json")
    assert answer.exit_code == exit_code
    assert json.loads(answer.stdout)["error"]["code"] == code
    assert str(error) not in answer.output


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [(Malformed, 2), (Conflict, 2), (Rejection, 2), (Unavailable, 3), (Corruption, 4), (TallystickError, 1)],
)
def test_each_kind_of_error_has_its_exit_code_and_one_sentence(failing, kind, exit_code):
    failing(kind("some_code", "This did not work.", row=3))
    text, document = invoke("fail"), invoke("fail", "--json")
    assert (text.exit_code, text.stdout, text.stderr) == (exit_code, "", "Error: This did not work.\n")
    assert document.exit_code == exit_code
    assert document.stderr == "Error: This did not work.\n"
    assert json.loads(document.stdout) == {
        "error": {"code": "some_code", "message": "This did not work.", "details": {"row": 3}}
    }


def test_a_fault_of_ours_is_named_and_shows_its_traceback_only_on_request(failing):
    failing(ZeroDivisionError("secret inside"))
    plain = invoke("fail", "--json", environment={"TALLYSTICK_DEBUG": ""})
    assert plain.exit_code == 1
    assert json.loads(plain.stdout)["error"]["code"] == "internal_error"
    assert "ZeroDivisionError" in plain.stderr
    assert "secret inside" not in plain.output
    assert len(plain.stderr.splitlines()) == 1
    debugged = invoke("fail", environment={"TALLYSTICK_DEBUG": "1"})
    assert debugged.exit_code == 1
    assert "Traceback" in debugged.stderr
    assert "secret inside" in debugged.stderr


def test_a_bad_debug_setting_does_not_hide_the_error(failing):
    failing(ZeroDivisionError())
    answer = invoke("fail", environment={"TALLYSTICK_DEBUG": "perhaps"})
    assert answer.exit_code == 1
    assert "Traceback" not in answer.stderr


def test_an_interrupt_leaves_with_130(failing):
    failing(KeyboardInterrupt())
    answer = invoke("fail", "--json")
    assert answer.exit_code == 130
    assert answer.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["--nothing"], ["loan", "nothing"], ["loan", "schedule"], ["loan", "--nothing"]],
)
def test_a_wrong_use_is_one_sentence_and_exit_code_2(arguments):
    text, document = invoke(*arguments), invoke(*arguments, "--json")
    assert text.exit_code == document.exit_code == 2
    assert text.stdout == ""
    assert len(text.stderr.splitlines()) == len(document.stderr.splitlines()) == 1
    assert json.loads(document.stdout)["error"]["code"] == "bad_usage"


@pytest.mark.parametrize("arguments", ["--json", "", "broken --json", "broken"])
def test_a_reader_that_went_away_is_met_with_silence(arguments):
    command = "loan schedule --principal 5.00 --currency CNY --annual-rate 0 --instalments 600"
    given = [
        *command.split(),
        "--method",
        "interest-only",
        "--day-count",
        "30/360",
        "--first-due",
        "2026-12-22",
        *arguments.split(),
    ]
    running = subprocess.Popen(
        [sys.executable, "-c", "from tallystick.cli.main import main; main()", *given],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    running.stdout.close()
    complaints = running.stderr.read()
    running.stderr.close()
    assert running.wait(60) == (2 if arguments == "broken" else 1)
    assert "Traceback" not in complaints
    assert "BrokenPipe" not in complaints


def test_every_command_in_the_tree_can_print_json():
    for name in ("ledger", "loan", "policy"):
        module, _, attribute = frame.COMMANDS[name].target.partition(":")
        if find_spec(module) is None:
            continue
        for command in leaves(getattr(import_module(module), attribute)):
            assert any("--json" in parameter.opts for parameter in command.params), (name, command.name)


def leaves(command):
    if not isinstance(command, click.Group):
        return [command]
    return [leaf for each in command.commands.values() for leaf in leaves(each)]


def test_a_result_is_text_for_people_and_one_document_for_programs():
    @click.command()
    @json_option
    def show():
        emit({"b": 1, "a": "贷"}, "one and 贷")

    assert CliRunner().invoke(show).stdout == "one and 贷\n"
    assert CliRunner().invoke(show, ["--json"]).stdout == '{"b":1,"a":"贷"}\n'


def test_a_table_lines_up_numbers_at_the_right_and_counts_wide_letters_twice():
    lines = table(("Name", "Sum"), [("贷款", "1.00"), ("loan", "100.00")], (False, True)).splitlines()
    assert lines == ["Name     Sum", "贷款    1.00", "loan  100.00"]
