"""`make demo`: tell the story against the server that `make up` runs, and exit 1 if it is not as told."""

import asyncio
import os
import sys
import time
from pathlib import Path

import httpx
from rich.console import Console

from backend.demo.client import Api, NotAsTold
from backend.demo.story import Story


async def tell(console: Console) -> None:
    """The story from end to end. Raises NotAsTold."""
    port = os.environ.get("PORT", "8000")
    outbox = None if os.environ.get("EMAIL_URL") else Path(os.environ.get("ROTA_HOME", ".rota")) / "outbox"
    async with httpx.AsyncClient(base_url=f"http://localhost:{port}", timeout=20) as http:
        try:
            ready = (await http.get("/readyz")).status_code
        except httpx.HTTPError:
            raise NotAsTold(f"Nothing answers at http://localhost:{port}. Start it first: make up") from None
        if ready != 200:
            raise NotAsTold(f"http://localhost:{port}/readyz answers {ready}: the product is not ready.")
        await Story(Api(http), f"ws://localhost:{port}/graphql/", outbox, console).tell()


def main() -> int:
    """0 where everything was as told."""
    console = Console()
    console.rule("[bold]From a guest's order to a visit that staff see live")
    started = time.monotonic()
    try:
        asyncio.run(tell(console))
    except NotAsTold as difference:
        console.print(f"\n[bold red]Not as told:[/] {difference}", highlight=False)
        return 1
    console.rule(f"[bold green]As told, in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
