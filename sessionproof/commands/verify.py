"""`sessionproof verify`: judge a deployment, or the bundled reference server."""

from __future__ import annotations

from typing import Any

import click

from sessionproof.commands.options import run_options
from sessionproof.settings import gather

EPILOG = """\b
Examples:
  sessionproof verify
  sessionproof verify http://127.0.0.1:8002 --html report.html
  sessionproof verify URL --contract my-api.yaml --user alice=Authorization:env:ALICE --user bob=Authorization:env:BOB
  sessionproof verify URL --only RES-01 --only isolation --effort quick
  sessionproof verify URL --clock wall --life 60 --only expiry
  sessionproof verify URL --clock redis:redis://127.0.0.1:6379/0,session:*
  sessionproof verify URL -- -k resumption -x

Settings also come from SESSIONPROOF_* variables and from sessionproof.toml in the current folder.
Exit codes: 0 proven, 1 failed, 2 unproven or stale baseline, 3 target or set-up error, 4 usage."""


class WithPytestArguments(click.Command):
    """Keeps what follows `--` for pytest, so that nothing else can pass for it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        ctx.meta["pytest"] = tuple(args[end + 1 :])
        return super().parse_args(ctx, args[:end])


@click.command("verify", epilog=EPILOG, cls=WithPytestArguments)
@click.argument("url", required=False)
@run_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, only the result.")
@click.pass_context
def command(context: click.Context, /, url: str | None, quiet: bool, **given: Any) -> int:
    """Judge the session API at URL, requirement by requirement; without URL, the bundled reference server.

    What follows `--` goes to pytest as it is.
    """
    settings = gather({**given, "base_url": url})
    from sessionproof.verify import verify

    return int(verify(settings, context.meta["pytest"], quiet=quiet).exit)
