#!/bin/sh
# Generates assets/common-passwords.txt: the passwords of 8 or more characters from zxcvbn-ts's list of common passwords
# (49,233 from leaks, by frequency; MIT), one per line. Needs npm and node. The output is reproducible.
set -eu
cd "$(dirname "$0")"
package=@zxcvbn-ts/language-common@3.0.4
sum=e71c79709a0ffc5f53361c695124297a9101014a1d305f86f62c77c775d8b573

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" "$package" > "$folder/name"
tarball="$folder/$(cat "$folder/name")"
echo "$sum  $tarball" | sha256sum --check --quiet -
tar --extract --gzip --file "$tarball" --directory "$folder"

mkdir -p assets
node -e '
  const passwords = JSON.parse(fs.readFileSync(process.argv[1], "utf8"));
  const long = passwords.filter((password) => [...password].length >= 8);
  process.stdout.write(`${long.join("\n")}\n`);
' "$folder/package/src/passwords.json" > assets/common-passwords.txt
cp "$folder/package/LICENSE.txt" assets/common-passwords.LICENSE.txt
