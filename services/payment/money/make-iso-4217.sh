#!/bin/sh
# Generates iso-4217.ts, the decimals of each ISO 4217 currency, from the list that the maintenance agency publishes
# ("list one", https://www.six-group.com/en/products-services/financial-information/data-standards.html). The
# public-domain package iso4217 on PyPI contains it, with the list's date in its version. Codes without a minor unit
# ("N.A.": gold, special drawing rights, test codes) can't be paid with and are omitted. Needs python3 with pip.
# Reproducible.
#
# A newer list may omit a withdrawn currency. Old payments in it are shown for years, so add it to currencies.ts then.
set -eu
cd "$(dirname "$0")"
package=iso4217==1.16.20260101
sum=69c591b93c7d783ec8c309ebee8df1aa28f8403d44bcce518ae8db050462084b

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$folder" "$package"
wheel=$(echo "$folder"/*.whl)
echo "$sum  $wheel" | sha256sum --check --quiet -

python3 - "$wheel" > iso-4217.ts << 'PYTHON'
import sys
import zipfile
from xml.etree import ElementTree

list_one = ElementTree.fromstring(zipfile.ZipFile(sys.argv[1]).read("iso4217/table.xml"))
exponents = {
    entry.findtext("Ccy"): entry.findtext("CcyMnrUnts")
    for entry in list_one.iter("CcyNtry")
    if (entry.findtext("CcyMnrUnts") or "N.A.") != "N.A."  # Antarctica has no currency
}
print("// Made by make-iso-4217.sh.")
print()
print(f"/** Decimals of each currency, by ISO 4217's list of {list_one.get('Pblshd')}. */")
print("export const exponents = {")
for code, exponent in sorted(exponents.items()):
    print(f"  {code}: {exponent},")
print("} as const;")
PYTHON
