"""A small GPT that learns to write as a text does, character by character.

gpt.py [TEXT] [--steps N] [--width N] [--layers N] [--heads N] [--context N]

Without a text it reads the Zen of Python. Radford et al., "Improving language understanding by generative pre-training", 2018.
"""

import argparse
import codecs
import pathlib
import time

import rushlight as torch
import rushlight.nn.functional as F
from rushlight import nn


def zen() -> str:
    """The text of the module `this`, which keeps it rotated by 13 letters."""
    import this

    return str(codecs.decode(this.s, "rot13"))


class Block(nn.Module):
    """Attention to what came before, then a feed-forward net; each is added to its input."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs, self.outputs = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        parts = self.inputs(self.norm1(x)).chunk(3, dim=-1)
        q, k, v = (p.view(batch, length, self.heads, width // self.heads).transpose(1, 2) for p in parts)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.outputs(seen.transpose(1, 2).reshape(batch, length, width))
        result: torch.Tensor = x + self.feed(self.norm2(x))
        return result


class GPT(nn.Module):
    def __init__(self, characters: int, context: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.context = context
        self.tokens, self.places = nn.Embedding(characters, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, characters, bias=False)

    def forward(self, indices: torch.Tensor) -> torch.Tensor:
        places = torch.arange(indices.shape[1])
        result: torch.Tensor = self.head(self.norm(self.blocks(self.tokens(indices) + self.places(places))))
        return result

    @torch.no_grad()
    def write(self, indices: torch.Tensor, count: int) -> torch.Tensor:
        """`count` more characters, each drawn by its probability."""
        for _ in range(count):
            scores = self(indices[:, -self.context :])[:, -1]
            indices = torch.cat([indices, torch.multinomial(scores.softmax(-1), 1)], 1)
        return indices


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("text", nargs="?", type=pathlib.Path)
    for name, value in {"steps": 300, "width": 64, "layers": 2, "heads": 4, "context": 64, "batch": 16}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()

    torch.manual_seed(0)
    text = options.text.read_text() if options.text else zen()
    letters = sorted(set(text))
    data = torch.tensor([letters.index(c) for c in text])
    context = min(options.context, len(data) - 1)
    model = GPT(len(letters), context, options.width, options.heads, options.layers)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=options.steps)
    print(
        f"{len(text)} characters, {len(letters)} of them different; {sum(p.numel() for p in model.parameters())} parameters"
    )
    begin = time.perf_counter()
    for step in range(options.steps):
        starts = torch.randint(len(data) - context, (options.batch, 1))
        windows = data[starts + torch.arange(context + 1)]
        loss = F.cross_entropy(model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        if step % 50 == 0 or step == options.steps - 1:
            print(f"step {step}: loss {loss.item():.3f}")
    print(f"{options.steps / (time.perf_counter() - begin):.0f} steps a second")
    written = model.write(data[:1][None], 200)[0]
    print("".join(letters[i] for i in written.tolist()))


if __name__ == "__main__":
    main()
