"""The published document, judged as a document and put to the test: what it says is what is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.live import Server
from tocsin.faces.api.openapi import document
from tocsin.faces.api.request import Route
from tocsin.faces.api.routes import ROUTES
from tocsin.facts import dealings
from tocsin.facts.dealings import DEALINGS
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, allowed, required
from tocsin.facts.meanings import meaning

load_all_checks()
CHECKED = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
        "unsupported_method",
        "allow_header_conformance",
        "ignored_auth",
    ]
)
"""Not among them: that whatever the schema allows is taken, and nothing else. The intake also reads amounts written
as texts, and refuses what a schema cannot say (times in the future)."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


schemathesis.serializer.alias("application/cloudevents+json", "application/json")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service itself, in a process of its own, with one key for everything."""
    with Server(tmp_path_factory.mktemp("published")) as server:
        yield server


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def hold_to_it(server: Server, route: Route, mode: GenerationMode, examples: int) -> None:
    """Requests as the document allows (or does not, by the mode): every answer is as it says."""
    schema = schemathesis.openapi.from_dict(document())
    schema.config.update(base_url=f"http://127.0.0.1:{server.port}")
    operation = schema[route.path][route.method]
    headers = {"X-API-Key": server.key} if route.needs else {}

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKED)

    asked()


CASES = [(route, mode) for route in ROUTES for mode in MODES if mode == MODES[0] or route.needs]
"""What needs no key takes nothing that could be wrong."""
IDS = [f"{name(route)} {mode.value}" for route, mode in CASES]


def test_every_kind_and_field_is_described() -> None:
    schemas = document()["components"]["schemas"]
    kinds = {tag: schemas[reference.rpartition("/")[2]] for tag, reference in mapping(schemas["Fact"]).items()}
    assert set(kinds) == {*KINDS, *DEALINGS} and len(schemas["Fact"]["oneOf"]) == len(kinds)
    for tag, schema in kinds.items():
        told = tag in KINDS
        assert set(schema["properties"]) == set(allowed(tag) if told else dealings.given(tag))
        assert set(schema["required"]) == {"kind", *(required(tag) if told else dealings.needed(tag))}
        for field, said in schema["properties"].items():
            assert (FIELDS[field].zh if told else meaning(tag, field)[1]) in said["description"]
        assert schema["description"] and schema["additionalProperties"] is False


def mapping(schema: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = schema["discriminator"]["mapping"]
    return found


def test_every_route_is_described_in_both_languages() -> None:
    published = document()
    operations = [operation for path in published["paths"].values() for operation in path.values()]
    assert len(operations) == len(ROUTES) == len({operation["operationId"] for operation in operations})
    for operation in operations:
        assert re.search(r"[a-z].*[\u4e00-\u9fff]", operation["summary"]), operation["summary"]
        assert all(re.search(r"[\u4e00-\u9fff]", p["description"]) for p in operation["parameters"])
        assert {"406", "500"} < set(operation["responses"])


def test_every_reference_leads_somewhere() -> None:
    published = document()
    for reference in re.findall(r'"\$ref":"#/(.*?)"', json.dumps(published, separators=(",", ":"))):
        found: Any = published
        for part in reference.split("/"):
            found = found[part]


@pytest.mark.parametrize(("route", "mode"), CASES, ids=IDS)
def test_what_is_answered_is_what_is_published(server: Server, route: Route, mode: GenerationMode) -> None:
    hold_to_it(server, route, mode, 25)


@pytest.mark.long
@pytest.mark.parametrize(("route", "mode"), CASES, ids=IDS)
def test_what_is_answered_is_what_is_published_at_length(server: Server, route: Route, mode: GenerationMode) -> None:
    hold_to_it(server, route, mode, 500)
