"""A small CLIP vocabulary learned from a few sentences: the byte-level pair encoding of the original, at tiny size."""

import json
from collections import Counter
from pathlib import Path

from transformers import CLIPTokenizer

SENTENCES = """
a grey linen sofa with wooden legs beside a round coffee table in a bright living room
a leather armchair, warm evening light, soft shadow on the oak floor, photo of an interior
the blue velvet sofa stands in front of the window; the lamp is on the left of the table
a low quality, blurry, deformed picture of a chair without a seat and with a broken leg
make the sofa red; replace the bookcase by a plant; turn the carpet into a woven rug
modern scandinavian dining room with six chairs, white walls and a large green plant
photo of a bed with a cotton blanket and two pillows, 2 m wide, 85 cm high, sharp focus
"""
START, END = "<|startoftext|>", "<|endoftext|>"
MERGES = 420


def byte_letters():
    """The printable letter that stands for each byte, in the order of CLIP's vocabulary."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(rest))]


def learn_merges(count):
    """The most frequent pairs, one after the other; of equals the first in the alphabet."""
    words = Counter(SENTENCES.replace(",", " ,").replace(";", " ;").split())
    spelled = {word: [*word[:-1], word[-1] + "</w>"] for word in words}
    merges = []
    while len(merges) < count:
        pairs = Counter()
        for word, parts in spelled.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        spelled = {word: join(parts, best) for word, parts in spelled.items()}
    return merges


def join(parts, pair):
    joined = []
    for part in parts:
        if joined and (joined[-1], part) == pair:
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def write_tokenizer(folder, pad_token=END):
    """Writes a tokenizer folder as checkpoints have it (vocab.json, merges.txt, tokenizer_config.json); its size."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    letters, merges = byte_letters(), learn_merges(MERGES)
    tokens = [*letters, *(letter + "</w>" for letter in letters), *("".join(pair) for pair in merges), START, END]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True}
    config |= {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": pad_token}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2))
    return len(tokens)


def load_tokenizer(folder):
    return CLIPTokenizer.from_pretrained(folder)
