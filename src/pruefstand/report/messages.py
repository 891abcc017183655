"""The messages of a scenario as data: the page builds them when a reader opens the scenario."""

from __future__ import annotations

from pruefstand.model.case import Json
from pruefstand.report.flow import Shown
from pruefstand.report.packs import BodyPacks
from pruefstand.report.sequence import answer
from pruefstand.report.survey import CaseView
from pruefstand.report.texts import Texts

DIRECTIONS = (("cases.request", "request"), ("cases.reply", "response"))


def messages(view: CaseView, texts: Texts, packs: BodyPacks) -> list[Json]:
    """Return what the page shows of each message of `view`; bodies go into `packs`."""
    return [_message(item, texts, packs) for item in view.shown]


def _message(item: Shown, texts: Texts, packs: BodyPacks) -> Json:
    exchange = item.exchange
    return {
        "number": item.number,
        "way": f"{texts.role(str(exchange['actor']))} → {texts.role(str(exchange['peer']))}",
        "operation": exchange["operation"],
        "status": answer(item, texts),
        "failed": item.failed,
        "badges": item.badges,
        # The innermost layer says most: it comes first.
        "layers": [_layer(layer, texts, packs) for layer in reversed(item.layers)],
    }


def _layer(layer: Json, texts: Texts, packs: BodyPacks) -> Json:
    spent = texts.decimal(layer["duration"] * 1000, 1, "ms")
    return {
        "name": str(layer["layer"]).upper(),
        "operation": layer["operation"],
        "when": f"{texts.moment(layer['started'])} · {spent}",
        "error": layer.get("error") or "",
        "facts": list((layer.get("facts") or {}).items()),
        "halves": [
            _half(texts(key), layer[name], texts, packs)
            for key, name in DIRECTIONS
            if _says_something(layer.get(name))
        ],
    }


def _says_something(message: Json | None) -> bool:
    return message is not None and any(message.get(name) for name in ("start", "headers", "body"))


def _half(label: str, message: Json, texts: Texts, packs: BodyPacks) -> Json:
    half: Json = {
        "label": label,
        "start": message.get("start") or "",
        "headers": message.get("headers") or [],
    }
    if not message.get("body"):
        return half
    stored = packs.place(message["body"])
    words = [texts.size(int(message["size"])), texts(f"body.{stored.form}")]
    if stored.cut:
        words.append(texts("body.cut"))
    return {**half, "form": " · ".join(words), "body": message["body"], "pack": stored.pack}
