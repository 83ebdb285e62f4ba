#!/usr/bin/env python3
"""Gate: who may include whom. base <- model <- {codec, runtime} <- {verdict, audit} <- {aws, db} <- registry; ui beside them."""
import re

import gate

BELOW = {
    "base": {"base"},
    "model": {"base", "model"},
    "codec": {"base", "model", "codec"},
    "runtime": {"base", "model", "runtime"},
    "audit": {"base", "model", "codec", "runtime", "audit"},
    "aws": {"base", "model", "codec", "runtime", "audit", "aws"},
    "db": {"base", "model", "codec", "runtime", "audit", "db"},
    "verdict": {"base", "model", "runtime", "verdict"},
    "ui": {"base", "model", "runtime", "verdict", "ui"},
    "sim": {"base", "sim"},
}
# Single headers beyond a layer's own rule: the two codecs that write files and answers for the screen.
ALSO = {
    "ui": {"codec/codec_csv.h", "codec/codec_json.h"},
}
# Who may include a library's headers: layer names, file names, or "main" for the files directly in src/.
LIBRARIES = {
    r"n?curses\w*\.h|term\.h|ncursesw/.*": {"ui/term_curses.c"},
    r"libpq-fe\.h|libpq/.*|postgres_ext\.h": {"codec", "db", "sim"},
    r"curl/.*": {"aws", "main"},
    r"expat\.h": {"codec"},
    r"jansson\.h": {"codec", "aws", "sim"},
    r"openssl/.*": {"aws", "sim", "db/tls_look.c"},
    r"microhttpd\.h": {"sim"},
}
INCLUDE = r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)'


def place(relative):
    """Layer of a file below src/ and its name the way an include writes it."""
    parts = relative.parts
    if len(parts) == 1:
        return "main", parts[0]
    if parts[0] == "core":
        parts = parts[1:]
    return parts[0], "/".join(parts)


def own_fault(layer, target):
    if layer == "main" or target in ALSO.get(layer, ()):
        return None
    if "/" not in target:
        return f'"{target}" is written without its layer'
    other = target.split("/", 1)[0]
    return None if other in BELOW[layer] else f"{layer} may not include {target}"


def library_fault(layer, name, target):
    for pattern, allowed in LIBRARIES.items():
        if re.fullmatch(pattern, target) and not {layer, name} & allowed:
            return f"<{target}> is for {', '.join(sorted(allowed))} only"
    return None


def check(root):
    """Includes follow the layers; each library is included where it belongs."""
    source = root / "src"
    for path in gate.files(source, ".c", ".h"):
        layer, name = place(path.relative_to(source))
        if layer != "main" and layer not in BELOW:
            yield f"{path.relative_to(root)}: layer {layer} has no rule in tests/gates/layers.py"
            continue
        for line, match in gate.grep(gate.code_only(gate.read(path), keep_strings=True), INCLUDE):
            own, library = match.groups()
            fault = own_fault(layer, own) if own else library_fault(layer, name, library)
            if fault:
                yield f"{path.relative_to(root)}:{line}: {fault}"


if __name__ == "__main__":
    gate.run(check)
