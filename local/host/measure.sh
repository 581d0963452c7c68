# Prints the free resources of this machine as "name=value" lines. Runs in a container or, as root, on the machine
# itself. $1: a folder of the file system to measure. $2: the number of inotify instances to try. $3: a folder that
# should be mounted.
df -Pk "$1" | awk 'NR == 2 { printf "diskKiB=%s\nfreeDiskKiB=%s\n", $2, $4 }'

[ ! -d "$3" ] || echo "mounted=1"

# Each `tail -f` takes an inotify instance, or reports that none is left. Its file is in /dev/shm, because tail polls
# files on some other file systems.
[ -d /dev/shm ] || exit 0
folder=$(mktemp -d -p /dev/shm)
trap 'kill $tails 2>/dev/null; rm -r "$folder"' EXIT
touch "$folder/file"
tails=
for number in $(seq "$2"); do
  tail -f "$folder/file" >/dev/null 2>"$folder/$number.error" &
  tails="$tails $!"
done
refused() { cat "$folder"/*.error | grep -c inotify; }
taken() { for pid in $tails; do ls -l "/proc/$pid/fd"; done 2>/dev/null | grep -c inotify; }
for attempt in $(seq 100); do
  [ $(($(refused) + $(taken))) -ge "$2" ] && break
  sleep 0.1
done
echo "inotifyInstances=$(taken)"
