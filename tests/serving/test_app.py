"""The server answers as the function does, and refuses what it should."""

import asyncio

import pytest

pytest.importorskip("fastapi")
import httpx

from hanshuku.errors import ServingError
from hanshuku.functions.core import Function
from hanshuku.inference.calibrated import CalibratedPredictor, Sets
from hanshuku.serving.app import make_app
from hanshuku.serving.batcher import Batcher, Busy
from hanshuku.serving.limits import Limits
from hanshuku.serving.server import is_loopback, load_functions, serve
from hanshuku.tasks import Task
from tests.words import TEAM, WordPredictor


def ask(app, *requests):
    """Send (method, path, json, headers) all at once; return the responses."""

    async def run():
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                calls = [client.request(method, path, json=body, headers=headers) for method, path, body, headers in requests]
                return await asyncio.gather(*calls)

    return asyncio.run(run())


@pytest.fixture
def team():
    return Function(TEAM, WordPredictor())


POST = ("POST", "/v1/functions/team")


def test_the_server_gives_the_answer_of_the_function(team):
    (response,) = ask(make_app({"team": team}), (*POST, {"text": "refund me"}, {}))
    assert response.json() == team.predict("refund me").to_json()


def test_many_rows_are_answered_in_their_order(team):
    rows = [{"text": "refund"}, {"text": "delivery"}] * 100
    (response,) = ask(make_app({"team": team}), ("POST", "/v1/functions/team/rows", {"rows": rows}, {}))
    assert [row["output"] for row in response.json()["rows"]] == ["refund", "delivery"] * 100


def test_concurrent_requests_are_answered_together(team):
    responses = ask(make_app({"team": team}), *[(*POST, {"text": f"refund {i}"}, {}) for i in range(40)])
    assert {response.json()["output"] for response in responses} == {"refund"}
    assert max(team.predictor().batches) > 4


def test_the_schema_is_the_signature(team):
    (response,) = ask(make_app({"team": team}), ("GET", "/openapi.json", None, {}))
    schemas = response.json()["components"]["schemas"]
    assert schemas["TeamInput"]["required"] == ["text"]
    assert schemas["TeamPrediction"]["properties"]["output"]["enum"] == ["refund", "delivery"]


def test_a_pair_function_asks_for_both_texts():
    task = Task("classify", ("premise", "hypothesis"), ("yes", "no"), name="follows")
    app = make_app({"follows": Function(task, WordPredictor(task))})
    good, bad = ask(app, ("POST", "/v1/functions/follows", {"premise": "yes", "hypothesis": "yes"}, {}),
                    ("POST", "/v1/functions/follows", {"premise": "yes"}, {}))  # fmt: skip
    assert (good.json()["output"], bad.status_code) == ("yes", 422)


@pytest.mark.parametrize("body", [{}, {"text": 3}, {"text": "a", "more": "b"}, {"text": None}, []])
def test_a_body_that_does_not_fit_the_signature_is_422(team, body):
    (response,) = ask(make_app({"team": team}), (*POST, body, {}))
    assert response.status_code == 422


def test_a_body_over_the_limit_is_413(team):
    (response,) = ask(make_app({"team": team}, limits=Limits(max_body_kb=1)), (*POST, {"text": "x" * 2000}, {}))
    assert response.status_code == 413
    assert "1 KB" in response.json()["detail"]


def test_without_the_key_only_health_is_answered(team):
    app = make_app({"team": team}, api_key="s3cret")
    codes = [r.status_code for r in ask(app, ("GET", "/healthz", None, {}), ("GET", "/v1/functions", None, {}), (*POST, {"text": "a"}, {}),
                                        (*POST, {"text": "a"}, {"X-API-Key": "wrong"}), (*POST, {"text": "a"}, {"X-API-Key": "s3cret"}),
                                        (*POST, {"text": "a"}, {"Authorization": "Bearer s3cret"}))]  # fmt: skip
    assert codes == [200, 401, 401, 401, 200, 200]


def test_metrics_count_requests_by_route_and_hold_no_text(team):
    async def run():
        app = make_app({"team": team})
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t") as client:
            await client.post("/v1/functions/team", json={"text": "my secret"})
            await client.get("/nowhere/my-secret")
            return (await client.get("/metrics")).text

    page = asyncio.run(run())
    assert 'hanshuku_requests_total{path="/v1/functions/team",status="200"} 1.0' in page
    assert "secret" not in page


def test_a_bad_request_in_a_batch_fails_alone():
    def predict(rows):
        if ("bad",) in rows:
            raise ValueError("bad row")
        return list(rows)

    async def run():
        batcher = Batcher(predict, max_wait_ms=20)
        batcher.start()
        answers = await asyncio.gather(*[batcher.ask([(text,)]) for text in ("a", "bad", "b")], return_exceptions=True)
        await batcher.stop()
        return answers

    first, second, third = asyncio.run(run())
    assert (first, third) == ([("a",)], [("b",)])
    assert isinstance(second, ValueError)


def test_too_many_waiting_rows_are_told_to_come_back():
    async def run():
        batcher = Batcher(lambda rows: list(rows), max_waiting=2)
        batcher.start()
        try:
            await batcher.ask([("a",), ("b",), ("c",)])
        finally:
            await batcher.stop()

    with pytest.raises(Busy, match="Try again"):
        asyncio.run(run())


def test_an_open_address_needs_a_key(monkeypatch):
    monkeypatch.delenv("HANSHUKU_API_KEY", raising=False)
    with pytest.raises(ServingError, match="HANSHUKU_API_KEY"):
        serve([], host="0.0.0.0")
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("192.168.1.2")


def test_a_name_that_cannot_stand_in_an_address_is_refused():
    with pytest.raises(ServingError, match="cannot stand in an address"):
        load_functions(["/tmp/my function.fn"])


def test_a_refusal_is_null_with_its_reason_and_the_schema_says_so(team):
    careful = Function(TEAM, CalibratedPredictor(TEAM, team.predictor(), least=0.999, sets=Sets("lac", 0.99, 0.9)))
    app = make_app({"team": careful})
    one, many, schema = ask(app, (*POST, {"text": "hm"}, {}), ("POST", "/v1/functions/team/rows", {"rows": [{"text": "hm"}]}, {}), ("GET", "/openapi.json", None, {}))
    due = careful.predict("hm")
    assert due.output is None and due.reason == "unsure"
    assert one.json() == many.json()["rows"][0] == due.to_json()
    output = schema.json()["components"]["schemas"]["TeamPrediction"]["properties"]["output"]
    assert {"type": "null"} in output["anyOf"]
