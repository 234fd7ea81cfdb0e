"""`python -m sessionproof` is the `sessionproof` command."""

from sessionproof.commands import main

main()
