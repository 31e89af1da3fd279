#!/bin/sh
# Finds a Python {python} and starts files/install.py with it; all else is decided there.
here=$(cd "$(dirname "$0")" && pwd)
if [ ! -f "$here/files/install.py" ]; then
    echo '{packed_zh}'
    echo '{packed_en}'
    exit 5
fi
python=
try() {{
    [ -z "$python" ] && [ -n "$1" ] && [ -x "$1" ] || return 0
    "$1" -I -c 'import sys, struct; sys.exit(sys.version_info[:2] != ({comma}) or struct.calcsize("P") != 8)' 2>/dev/null && python=$1
    return 0
}}
# Not /usr/bin/python3 of the Mac: where it is not there, starting it asks to install Apple's developer tools.
find_python() {{
    try "/Library/Frameworks/Python.framework/Versions/{python}/bin/python{python}"
    try "$(command -v python{python})"
}}
find_python
setup="$here/files/python/{installer}"
if [ -z "$python" ] && [ -f "$setup" ] && [ "$(shasum -a 256 "$setup" | cut -c1-64)" = "{sha256}" ]; then
    cat "$here/files/installer.txt"
    /usr/bin/xattr -d com.apple.quarantine "$setup" 2>/dev/null
    /usr/bin/open -W "$setup"
    find_python
fi
if [ -z "$python" ]; then
    cat "$here/files/no-python.txt"
    exit 5
fi
exec "$python" -I -B "$here/files/install.py" "$@"
