"""`adventure sample`."""

from functools import partial
from pathlib import Path

import click

from adventure_works.cli.output import progress_bar
from adventure_works.settings import shown, typed


@click.command("sample")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--scale", default=1.0, help="Size; 1 is that of the Kaggle set, up to 10000.")
@click.option("--seed", default=42, help="Another seed gives other figures of the same shape.")
def command(out: Path, scale: float, seed: int) -> None:
    """Generate the ten retail files, all invented, into the folder OUT.

    The same scale and seed give the same bytes on any machine. OUT is created, or replaced if this command
    made it; a folder with other files in it is left alone.

    \b
    adventure sample my/sample                  the size of the Kaggle set
    adventure sample my/sample --scale 0.01     a hundredth of it, for a quick try
    adventure sample big --scale 1000           56 million order lines, 4.6 GB
    """
    from adventure_works.sample.generator import generate

    with progress_bar() as progress:
        generate(out, scale=scale, seed=seed, progress=partial(progress, "Customers and orders"))
    made = out.absolute()
    click.echo(f"The sample is in {shown(made)}. Load it: adventure load --source {typed(made)}")
