"""`e2tad config`: the resolved document, one key explained, or the JSON schema."""

from typing import Annotated, Any

import typer

from e2tad.commands.common import ConfigOption, JsonOption, SetOption, print_json, results
from e2tad.config import explain, resolve, schema


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad config --key action.theta")
    def config(
        key: Annotated[str | None, typer.Option("--key", help="Explain one key or section: a.b")] = None,
        print_schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema.")] = False,
        config_file: ConfigOption = None,
        assignments: SetOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """The resolved configuration as JSON, one key explained, or the schema."""
        if print_schema:
            print_json(schema())
            return
        document = resolve(config_file, assignments or ())
        if key is None:
            print_json(document.to_dict())
            return
        entry = {"key": key, "value": document[key], **explain(key)}
        if as_json:
            print_json(entry)
        else:
            _describe(entry)


def _describe(entry: dict[str, Any]) -> None:
    results.print(f"[bold]{entry['key']}[/bold]: {entry['description']}", soft_wrap=True)
    if "properties" in entry:
        for name, field in entry["properties"].items():
            default = f" (default {field['default']})" if "default" in field else ""
            results.print(f"  {name}{default}: {field['description']}", soft_wrap=True)
        return
    facts: list[tuple[str, object]] = [
        (name, entry[name]) for name in ("value", "default", "type", "minimum", "maximum") if name in entry
    ]
    if "enum" in entry:
        facts.append(("one of", " ".join(entry["enum"])))
    for name, value in facts:
        results.print(f"  {name}: {value}", soft_wrap=True)
