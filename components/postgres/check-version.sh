[ -s "$PGDATA/PG_VERSION" ] || exit 0
data=$(<"$PGDATA/PG_VERSION")
[[ $(postgres --version) =~ [0-9]+ ]]
image=${BASH_REMATCH[0]}
if [ "$data" != "$image" ]; then
  echo "The volume has data of PostgreSQL $data, and $IMAGE runs PostgreSQL $image, which cannot read it. The server was left as it is. Set marquee:database.image to an image of PostgreSQL $data, or dump and restore the data (docs/database.md)." >&2
  exit 1
fi
