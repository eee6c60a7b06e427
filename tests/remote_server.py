"""A small server of OpenAI's chat completions around a tiny causal model, with switches to be slow, busy, broken.

    python tests/remote_server.py MODEL_FOLDER

prints its port. POST /switch sets what it does next; GET /seen tells which requests came. What it writes is the model's own greedy
continuation; with the switch `choices` it is the one of these texts that the model finds likeliest, as guided decoding does.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from transformers import AutoModelForCausalLM, AutoTokenizer

NAME = "tiny"
CONTEXT = 600  # letters


class State:
    def __init__(self) -> None:
        self.switch: dict[str, Any] = {}
        self.seen: list[dict[str, Any]] = []
        self.open = self.most = 0
        self.last = 0.0  # when the last answer was given, for the switch `every`


def make_app(folder: str) -> FastAPI:
    app, state = FastAPI(), State()
    network, tokenizer = AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)

    def scored(prompt: list[int], text: str) -> list[tuple[int, float, list[tuple[int, float]]]]:
        """Tokens of a text behind the prompt, each with its log-probability and the likeliest five."""
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            found = network(torch.tensor([prompt + ids])).logits[0].log_softmax(-1)[len(prompt) - 1 : -1]
        return [(token, float(row[token]), list(zip(row.topk(5).indices.tolist(), row.topk(5).values.tolist(), strict=True))) for token, row in zip(ids, found, strict=True)]

    def written(body: dict[str, Any]) -> tuple[str, list, str]:
        prompt = tokenizer.apply_chat_template(body["messages"], tokenize=True, add_generation_prompt=True, return_dict=False)[-96:]
        if choices := state.switch.get("choices"):
            text = max(choices, key=lambda text: sum(p for _, p, _ in scored(prompt, text)))
        elif state.switch.get("texts"):
            text = state.switch["texts"].pop(0)
        elif "text" in state.switch:
            text = state.switch["text"]
        else:
            with torch.no_grad():
                ids = network.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), max_new_tokens=min(body["max_tokens"], 16), do_sample=False, pad_token_id=0)
            text = tokenizer.decode(ids[0, len(prompt) :], skip_special_tokens=True)
        return text, scored(prompt, text) if text else [], "length" if state.switch.get("cut") else "stop"

    def told(token: int, p: float) -> dict[str, Any]:
        return {"token": tokenizer.decode([token]), "logprob": p, "bytes": None}

    def completion(body: dict[str, Any]) -> dict[str, Any]:
        text, tokens, finish = written(body)
        choice: dict[str, Any] = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
        if body.get("logprobs") and not state.switch.get("no_logprobs"):
            choice["logprobs"] = {"content": [told(t, p) | {"top_logprobs": [told(*o) for o in others]} for t, p, others in tokens]}
        sent = sum(len(tokenizer(turn["content"])["input_ids"]) for turn in body["messages"])
        usage = {"prompt_tokens": sent, "completion_tokens": len(tokens), "total_tokens": sent + len(tokens)}
        return {"id": "x", "object": "chat.completion", "created": 0, "model": NAME, "choices": [choice], "usage": usage}

    def fault(body: dict[str, Any]) -> Response | None:
        """What goes wrong now: by the switches, for `times` requests where that is set."""
        switch = state.switch
        if body.get("model") != NAME:
            return refusal(404, f"The model `{body.get('model')}` does not exist.")
        if sum(len(turn["content"]) for turn in body["messages"]) > CONTEXT:
            return refusal(400, f"This model's maximum context length is {CONTEXT} letters.")
        for name in switch.get("refuses", ()):
            if name in body:
                return refusal(400, f"Unsupported parameter: '{name}' is not supported with this model." + (" Use 'max_completion_tokens' instead." if name == "max_tokens" else ""), param=name)
        if "every" in switch:  # a rate: one answer in so many seconds
            if time.monotonic() - state.last < switch["every"]:
                return refusal(429, "slow down", headers={"Retry-After": str(switch["every"])})
            state.last = time.monotonic()
        if switch.get("times", 1) <= 0 or not {"status", "raw"} & set(switch):
            return None
        switch["times"] = switch.get("times", 10**9) - 1
        if "raw" in switch:
            return Response(switch["raw"], media_type=switch.get("media", "application/json"))
        return refusal(switch["status"], switch.get("message", "no luck"), headers=switch.get("headers"))

    def refusal(status: int, message: str, *, param: str | None = None, headers: dict[str, str] | None = None) -> Response:
        return JSONResponse({"error": {"message": message, "type": "test", "param": param, "code": None}}, status_code=status, headers=headers)

    async def events(body: dict[str, Any]):
        text, _, finish = written(body)

        def event(piece: str, finish: str | None = None) -> str:
            return "data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", "created": 0, "model": NAME, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": finish}]}) + "\n\n"

        for i in range(0, len(text), 3):
            yield event(text[i : i + 3])
            if state.switch.get("breaks"):
                yield {"off": "", "json": 'data: {"id": "x", "choi\n\n', "error": 'data: {"error": {"message": "the engine died"}}\n\n'}[state.switch["breaks"]]
                return
            while state.switch.get("pings"):
                yield ": still here\n\n"
                await asyncio.sleep(0.05)
        yield event("", finish)
        yield "data: [DONE]\n\n"

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body = await request.json()
        state.seen.append({"body": body, "key": request.headers.get("authorization", "")})
        mine = state.switch
        state.open += 1
        state.most = max(state.most, state.open)
        try:
            await asyncio.sleep(mine.get("slow", 0.0))
            if mine is not state.switch:  # of an earlier test that has given it up: it must not use up what the next one set
                return Response(status_code=503)
            if state.switch.get("key") and request.headers.get("authorization") != f"Bearer {state.switch['key']}":
                return refusal(401, f"Incorrect API key provided: {request.headers.get('authorization', '')}.")
            if (found := fault(body)) is not None:
                return found
            if state.switch.get("trickle"):
                return StreamingResponse(drops(), media_type="application/json")
            return StreamingResponse(events(body), media_type="text/event-stream") if body.get("stream") else JSONResponse(completion(body))
        finally:
            state.open -= mine is state.switch

    async def drops():
        while True:
            yield " "
            await asyncio.sleep(0.05)

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": NAME, "object": "model", "created": 0, "owned_by": "test"}]}

    @app.post("/switch")
    async def switch(request: Request) -> dict[str, Any]:
        state.switch, state.seen, state.most, state.open = await request.json(), [], 0, 0
        return {}

    @app.get("/seen")
    async def seen() -> dict[str, Any]:
        return {"requests": state.seen, "most": state.most}

    return app


def main() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(make_app(sys.argv[1]), log_level="warning", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
