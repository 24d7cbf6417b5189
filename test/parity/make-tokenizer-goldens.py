"""Goldens of CLIP's tokenization, by transformers' CLIPTokenizer on a tiny pack's own files.

    python3 test/parity/make-tokenizer-goldens.py

Writes goldens/tokenizer.json (run `npm run format` after it). The tests do not need Python.
"""

import json
from pathlib import Path

import transformers
from transformers import AutoTokenizer

HERE = Path(__file__).parent
PACK = "tiny-sd15-inpaint"

TEXTS = [
    "a green velvet sofa",
    "A  GREEN\tvelvet\nSofa, 4k!!",
    "ein grünes Sofa aus Samt — Größe 2 m",
    "緑のベルベットのソファ",
    "зелёный бархатный диван",
    "sofá verde 🛋️🟢 emoji 👩‍👩‍👧",
    "don't I'll we've it's",
    "ﬁligree ½ ①②③ Ǆ İstanbul ẞ",
    "a" * 300,
    "1234567890 3.14 x²",
    "<|endoftext|> in the prompt <|startoftext|>",
    "",
    "   ",
    "café vs cafe\u0301",
    "naïve\u00a0non\u2003breaking",
    "\u200bzero\u200dwidth",
    "foo_bar-baz/qux\\n",
    "مرحبا أريكة خضراء",
    "हरा सोफ़ा",
    "𝒻𝒶𝓃𝒸𝓎 ΣΊΣΥΦΟΣ ΑΣ",
    "sofa " * 75,
    "sofa " * 76,
    "!!!???...",
    "$5.00 @user #tag",
    "line1\r\nline2",
]


def main():
    tokenizer = AutoTokenizer.from_pretrained(HERE.parent / "fixtures" / "packs" / PACK / "tokenizer")
    cases = []
    for text in TEXTS:
        padded = tokenizer(text, padding="max_length", max_length=77, truncation=True)
        cases.append({"text": text, "ids": padded.input_ids, "tokens": len(tokenizer(text).input_ids) - 2})
    golden = {"program": f"transformers {transformers.__version__}", "pack": PACK, "cases": cases}
    lines = json.dumps(golden, ensure_ascii=False, separators=(",", ":")).replace('{"text"', '\n{"text"')
    (HERE / "goldens" / "tokenizer.json").write_text(lines + "\n", encoding="utf-8")


main()
