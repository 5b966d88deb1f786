"""Program code, style sheets and data where an article should be."""

from __future__ import annotations

import re

_CODE_LINE = re.compile(
    r"^(?:#!|//|/\*|\*/|#include\b|import [\w.{*, ]+;?$|from [\w.]+ import\b|return\b.*;|@\w+|<\?php|package \w"
    r"|(?:export |async |public |private |static )*(?:function|def|class|interface|enum|struct)\s+\w+"
    r"|(?:var|let|const)\s+[\w{\[]|(?:if|for|while|switch|catch)\s*\(.*|\}?\s*else\b.*|[}\])];?,?\)?;?$"
    r"|window\.|document\.|\$\(|[\w.$-]+\s*[:=]\s*[\"'{\[\d].*[,;]?$|[.#@]?[\w-]+\s*\{"
    r"|(?:if|for|while|elif|case|try|except|else|do)\b.*(?:[:;]|\bdo|\bthen)$"
    r"|(?:done|fi|esac|end|else|then|set [-+]\w+)$)"
    r"|[{};]$|=>|\bfunction\s*\(|</?\w+[^>]*>|\w\(.*\):?$"
)
_SYMBOLS = "{}();=<>[]$&|\\"
#: Share of a text's characters on such lines; prose has next to none, minified code one line of it.
_SHARE = 0.5


def looks_like_program(text: str) -> bool:
    """Whether most of the text is source code rather than language. Looks at the first 150 lines."""
    code = total = 0
    for line in text[:60_000].splitlines()[:150]:
        bare = line.strip()
        if not bare:
            continue
        total += len(bare)
        symbols = sum(map(bare[:500].count, _SYMBOLS))
        if symbols > 0.12 * min(len(bare), 500) or (symbols and len(bare) < 300 and _CODE_LINE.search(bare)):
            code += len(bare)
    return total > 0 and code > _SHARE * total
