#!/bin/sh
# Runs a script with a Python that is new enough: $PYTHON where it is set, else the first one found.
# Plain sh, because it also has to say what is wrong where there is only an old Python, or none.

wanted='import sys; sys.exit(sys.version_info < (3, 11))'

if [ -n "$PYTHON" ]; then
    candidates=$PYTHON
    IFS=  # one path, whatever spaces it has
else
    candidates="python3 python3.14 python3.13 python3.12 python3.11 python"
fi

for candidate in $candidates; do
    if "$candidate" -c "$wanted" >/dev/null 2>&1; then
        exec "$candidate" "$@"
    fi
done

for candidate in $candidates; do
    found=$("$candidate" --version 2>&1) && break
    found=""
done
if [ -n "$found" ]; then
    echo "cnnviz needs Python 3.11 or later, but \`$candidate\` is $found: install a newer one from python.org, Homebrew or your package manager, or name one with \`make app PYTHON=/path/to/python3.12\`." >&2
else
    echo "cnnviz needs Python 3.11 or later, but none was found as \`$candidates\`: install one from python.org, Homebrew or your package manager, or name one with \`make app PYTHON=/path/to/python3.12\`." >&2
fi
exit 1
