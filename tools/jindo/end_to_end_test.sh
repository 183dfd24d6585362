#!/usr/bin/env bash
# The tools against three real masters: a tree is imported, the leader killed and started again, and the checker must say
# that all is well, and, after some damage, what is not.
set -euo pipefail

work=$TEST_TMPDIR/work
mkdir -p "$work/bin" "$work/tree/d/e" "$work/tree/full"
cp server/namespaced tools/jindo/jindo "$work/bin/"
fail() {
  echo "FAILED: $*" >&2
  tail -n 20 "$work"/cluster/log/*.log >&2 || true
  exit 1
}
cluster() { tools/cluster.sh "$@" --dir "$work/cluster" --bin "$work/bin"; }
jindo() { "$work/bin/jindo" "$@"; }
trap 'cluster stop > /dev/null 2>&1 || true' EXIT
# wants STATUS TEXT COMMAND...: the command ends with that status, and its output has a line that contains the text.
wants() {
  local status=$1 text=$2 got=0
  shift 2
  "$@" > "$work/out" 2>&1 || got=$?
  [[ $got == "$status" ]] || fail "'$*' ended with $got instead of $status: $(cat "$work/out")"
  grep -qF -- "$text" "$work/out" || fail "'$*' does not say '$text': $(cat "$work/out")"
}

echo something > "$work/tree/d/file with blanks"
echo more > "$work/tree/d/e/deep"
touch "$work/tree/d/co:lon"
ln -s file "$work/tree/link"
chmod 750 "$work/tree/d"
for ((i = 0; i < 1500; i++)); do echo "$i" > "$work/tree/full/$i"; done
touch -d '2001-02-03 04:05:06 UTC' "$work/tree/d/e" "$work/tree/d/e/deep" "$work/tree/d" "$work/tree"

# The sandbox may be small.
cluster start --set namespace.disk.reserve-bytes=0 --set namespace.log.segment-bytes=4194304 ||
  fail "the cluster does not start"
JINDO_MASTERS=$(cluster masters)
export JINDO_MASTERS

wants 0 "LEADER 127.0.0.1:" jindo jfs -metaStatus
wants 0 "counts: 4 directories, 1502 files" jindo fs -import "$work/tree" jfs://test/in --log "$work/in.ack" --skipped "$work/skipped"
grep -qx "$(printf "name with ':'\td/co:lon")" "$work/skipped" || fail "the skipped name is not listed"
grep -qx "$(printf 'symbolic link\tlink')" "$work/skipped" || fail "the skipped link is not listed"
TZ=UTC wants 0 "2001-02-03 04:05 /in/d" jindo fs -ls -d /in/d
wants 0 "drwxr-x---" jindo fs -ls -d /in/d
TZ=UTC wants 0 "2001-02-03 04:05:06" jindo fs -stat /in
wants 0 "           1            1                  5 /in/d/e" jindo fs -count /in/d/e
# More than one page of a listing.
[[ $(jindo fs -ls -C /in/full | sort -u | wc -l) == 1500 ]] || fail "the listing of /in/full is not whole"
wants 1 "ls: \`/nowhere': No such file or directory" jindo fs -ls /nowhere
wants 255 "Unknown command" jindo fs -frobnicate
wants 0 "-find <path> ... <expression> ... :" jindo fs -help find
wants 255 "-mkdir: Not enough arguments: expected 1 but got 0" jindo fs -mkdir
wants 1 "kept by the data server" jindo fs -cat /in/d/e/deep
wants 0 "/in/d/e/deep" jindo fs -find /in -name 'd?ep'
# Reading ahead through several connections changes nothing.
[[ $(jindo fs -ls -R -C /in | md5sum) == $(jindo fs --parallel 0 -ls -R -C /in | md5sum) ]] ||
  fail "the listing of the tree depends on --parallel"
jindo fs -mkdir -p /own/sub
jindo fs -touchz /own/f /own/sub/g
jindo fs -chmod -R o-rwx /own
wants 0 "-rw-r-----" jindo fs -ls /own
jindo fs -setfacl -m user:bob:r-- /own/f
wants 0 "user:bob:r--" jindo fs -getfacl -R /own
jindo fs -setfattr -n user.key -v 0x76 /own/f
wants 0 'user.key="v"' jindo fs -getfattr -d /own/f
wants 1 "Permission denied: user=carol" jindo fs --user carol -ls /own
wants 0 "INFO fs.TrashPolicyDefault: Moved: 'jfs://test/own/sub' to trash" jindo fs -D fs.trash.interval=60 -rm -r /own/sub
wants 0 ".Trash/Current/own/sub/g" jindo fs -ls -R -C .Trash
wants 1 "4 refused" jindo fs -import "$work/tree/d" /stranger --user stranger --no-owner --log "$work/stranger.ack"

cluster kill-leader
wants 0 "wrong 0, refused-but-present 0" jindo fs -verify "$work/in.ack" "$work/stranger.ack"
wants 1 "UNREACHABLE" jindo jfs -metaStatus
# One master is away: what is imported now, it has to catch up with.
wants 0 "0 refused" jindo fs -import "$work/tree" /again --log "$work/again.ack"
cluster start || fail "the killed master does not come back"
wants 0 "EQUAL" jindo jfs -stateHash --wait 30
cluster restart || fail "the cluster does not restart"
wants 0 "EQUAL" jindo jfs -stateHash --wait 30
wants 0 "missing 0, wrong 0, refused-but-present 0" jindo fs -verify "$work/in.ack" "$work/again.ack" "$work/stranger.ack"
wants 0 "leads now" jindo jfs -transferLeadership

# The checker finds what is damaged. Each change also moves the time of the directory that it is in.
jindo fs -rm /in/full/7
wants 1 "missing 1, wrong 1, refused-but-present 0" jindo fs -verify "$work/in.ack"
wants 1 "/in/full/7: acknowledged, and not there" jindo fs -verify "$work/in.ack"
jindo fs -rm /in/full/8
jindo fs -touchz /in/full/8
wants 1 "missing 1, wrong 2, refused-but-present 0" jindo fs -verify "$work/in.ack"
wants 1 "length is 0, acknowledged was 2" jindo fs -verify "$work/in.ack"
jindo fs -mkdir /stranger
wants 1 "refused-but-present 1" jindo fs -verify "$work/stranger.ack"
echo "passed"
