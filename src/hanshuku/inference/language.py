"""make_predictor: a language model that is asked, whether its weights are here or on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanshuku.errors import MissingExtra
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.inference.settings import GenerationSettings, PromptSettings
from hanshuku.models.remote import is_remote
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor


def make_predictor(task: Task, model: str, settings: GenerationSettings | PromptSettings, remote: RemoteSettings = RemoteSettings()) -> Predictor:  # noqa: B008 - frozen
    """A predictor that asks a language model.

    Args:
        task: what is asked.
        model: catalogue name, hub name, folder, or the name of a model on a server.
        settings: GenerationSettings where the answer is a text, PromptSettings where it is a label or a number.
        remote: how a server is asked; without meaning for a model that is here.

    Raises:
        ConfigError: a template or setting is illegal, or leaves no room for a text.
        ModelError: the model cannot be had or is no causal language model.
        MissingExtra: what it runs on is not installed.
    """
    if is_remote(model):
        from hanshuku.inference.remote.predictor import RemotePredictor

        return RemotePredictor(task, model, settings, remote)
    try:
        from hanshuku.inference.generation import load_generator, writer_of
        from hanshuku.inference.label_scoring import LabelScoringPredictor, load_model
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train", "Prompting") from error
    if isinstance(settings, GenerationSettings):
        return writer_of(task)(task, load_generator(model, settings.precision), settings)
    return LabelScoringPredictor(task, load_model(model, settings.precision), settings)
