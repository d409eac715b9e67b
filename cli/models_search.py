"""models search: models on a hub."""

from __future__ import annotations

from collections.abc import Callable

from cli.hub_access import Access, this_hub
from cli.models_hub_view import print_found
from cli.models_search_options import SearchOptions
from cli.terminal import clean_line, complain, result_console, write_json
from cli.this_machine import this_machine
from models.fit import Machine, parameters_that_fit
from models.hub.client import Hub, Query
from models.hub.results import Results


def here() -> Machine:
    return this_machine((), None)


def search_hub(
    text: str,
    options: SearchOptions,
    *,
    limit: int,
    as_json: bool,
    make_access: Callable[[], Access] = this_hub,
    machine_of: Callable[[], Machine] = here,
) -> int:
    """Repositories with GGUF files, in the order that the options ask for."""
    fewest, most = options.bounds()
    access = make_access()
    if options.fits:
        room = parameters_that_fit(machine_of())
        most = room if most is None else min(most, room)
    query = Query(
        words=text,
        sorted_by=options.sort,
        min_parameters=fewest,
        max_parameters=most,
        architecture=options.architecture,
        licence=options.licence,
    )
    found = Results(query, Hub(access.settings, access.token).search(query)).take(limit)
    if as_json:
        write_json(found)
    elif found:
        print_found(result_console(), found)
    else:
        complain(clean_line(f"The hub has no GGUF models like that for “{text}”."))
    return 0
