#!/usr/bin/env bash
# From a bare Debian 12 to three masters that lose nothing, and then to losing everything and coming back.
# `tools/quickstart.sh --help` says what happens.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/import_load.sh
. tools/import_load.sh
# shellcheck source=tools/lost_cluster.sh
. tools/lost_cluster.sh
# shellcheck source=tools/hadoop_client.sh
. tools/hadoop_client.sh

usage() {
  cat <<'TEXT'
usage: tools/quickstart.sh [DIR] [--keep] [--quick] [--no-hadoop] [--bin DIR]

Installs what is missing, builds, starts a Tablestore of its own (ots_mock) and three masters with a mirror in it on this machine,
imports the tree DIR (default: /usr) and counts it, with the stock Hadoop client and with jindo; lists it with Debian's own HDFS
client; kills the leader (SIGKILL) under a second import and checks that everything that was acknowledged is there, and
nothing that was refused; restarts all and compares the masters with each other.
Then it waits for _synced=1, kills all masters at once and deletes their data; starts masters on empty directories in recovery
mode, in which changes get error 25021; waits for state=FINISH; compares counts and listings with those from before; leaves
recovery mode, and checks that a change is taken and mirrored. Then all again, in the middle of an import: everything
acknowledged up to the recovered position must be there, and nothing behind it.
The first step that does not hold ends it with exit status 1.

  --keep       leave the cluster running, and say how to use it
  --quick      take the packages and the last build as they are; the tree is /usr/share unless DIR is given
  --no-hadoop  without Hadoop's own command line, for which Java and the jars of Hadoop 3.5.0 are fetched
  --bin DIR    take namespaced, jindo and ots_mock from DIR instead of building
TEXT
}

tree='' keep=false quick=false hadoop=true bin=''
while (($# > 0)); do
  case "$1" in
    --keep) keep=true ;;
    --quick) quick=true ;;
    --no-hadoop) hadoop=false ;;
    --bin) bin=${2:?--bin needs a directory}; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; echo "quickstart: unknown option '$1'" >&2; exit 1 ;;
    *) tree=$1 ;;
  esac
  shift
done
if [[ -z $tree ]]; then
  tree=/usr
  if $quick; then tree=/usr/share; fi
fi
tree=$(realpath "$tree")

number=0
begin() {
  number=$((number + 1))
  printf '\n== %d. %s\n' "$number" "$*"
}
holds() { echo "   ok: $*"; }
fail() {
  echo "   DOES NOT HOLD: $*" >&2
  exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/jfs-quickstart-XXXXXX")
import_pid=
at_end() {
  local status=$?
  trap - EXIT
  if [[ -n $import_pid ]]; then kill "$import_pid" 2> /dev/null || true; fi
  if ((status == 0)) && $keep; then return; fi
  if [[ -d $work/conf ]]; then cluster stop || true; fi
  if ((status == 0)); then
    rm -rf "$work"
  else
    echo "quickstart: step $number failed; logs, configuration and data are left in $work" >&2
  fi
  exit "$status"
}
trap at_end EXIT
cluster() { tools/cluster.sh "$@" --dir "$work"; }
jindo() { "$work/bin/jindo" "$@"; }

[[ -d $tree ]] || fail "$tree is not a directory"

begin "Set-up: packages of Debian 12"
if $quick || [[ -n $bin ]]; then
  echo "   left out"
else
  if $hadoop; then tools/setup.sh --hadoop; else tools/setup.sh --clients; fi
fi

begin "Build"
mkdir -p "$work/bin"
if [[ -n $bin ]]; then
  install "$bin/namespaced" "$bin/jindo" "$bin/ots_mock" "$work/bin/"
elif $quick; then
  install bazel-bin/server/namespaced bazel-bin/tools/jindo/jindo bazel-bin/ots_mock/server/ots_mock "$work/bin/"
else
  build_programs "$work/bin"
fi
holds "namespaced, jindo and ots_mock are in $work/bin"

begin "Tablestore (ots_mock), and three masters, one Raft group, with a mirror in it, in $work"
cluster start --masters 3 --mirror
JINDO_MASTERS=$(cluster masters)
export JINDO_MASTERS
jindo jfs -metaStatus -detail || fail "not all masters take part"

if $hadoop; then
  begin "The stock Hadoop client"
  hadoop_client "$work/hadoop" "$JINDO_MASTERS" || fail "Hadoop's jars are not to be had; --no-hadoop does without"
  hadoop fs -ls jfs://test/ || fail "hadoop fs does not find jfs://test/"
  holds "hadoop fs works on jfs://test/"
fi

# The line of hadoop fs -count, as users know it; jindo prints the same.
count_line() {
  local by_jindo by_hadoop
  by_jindo=$(jindo fs -count "$1")
  if $hadoop; then
    by_hadoop=$(hadoop fs -count "$1")
    [[ $by_hadoop == "$by_jindo" ]] || fail "hadoop fs -count says '$by_hadoop', jindo fs -count '$by_jindo'"
  fi
  echo "$by_jindo"
}

begin "Import of $tree"
jindo fs -import "$tree" jfs://test/first --log "$work/first.ack" --skipped "$work/first.skipped" ||
  fail "the import did not go through"

begin "Count, compared with find"
counted=$(count_line jfs://test/first)
echo "$counted"
read -r directories files bytes _ <<< "$counted"
if grep -qE '^(name that is not UTF-8|directory too deep)' "$work/first.skipped"; then
  echo "   left out: find cannot tell which of these names HDFS cannot hold"
else
  read -r found_directories found_files found_bytes < <(
    find "$tree" -name '*:*' -prune -o -type d -printf 'd\n' -o -type f -printf 'f %s\n' |
      awk '$1 == "d" { d++ } $1 == "f" { f++; b += $2 } END { printf "%.0f %.0f %.0f\n", d, f, b }'
  )
  [[ "$directories $files $bytes" == "$found_directories $found_files $found_bytes" ]] ||
    fail "find counts $found_directories directories, $found_files files, $found_bytes bytes"
  holds "find counts the same"
fi

begin "Debian's own HDFS client lists the tree"
leader_port() {
  local address
  address=$(jindo jfs -metaStatus | sed -n 's/^LEADER \([^ ]*\).*/\1/p' | head -n 1) || true
  grep -lx "namespace.backend.raft.hostname=$address" "$work"/conf/master-*.cfg | head -n 1 |
    xargs sed -n 's/^namespace.rpc.port=//p'
}
if command -v hdfs > /dev/null; then
  HADOOP_NAMENODE=127.0.0.1:$(leader_port)
  export HADOOP_NAMENODE
  hdfs ls -l /first > "$work/hdfs.ls"
  head -n 10 "$work/hdfs.ls"
  echo "   … $(wc -l < "$work/hdfs.ls") lines"
  listed=$(hdfs ls -a /first | grep -vcx '\.\.\?')
  ours=$(jindo fs -ls -C jfs://test/first | wc -l)
  [[ $listed == "$ours" ]] || fail "hdfs ls prints $listed entries, jindo fs -ls $ours"
  hdfs du -s /first
  du_bytes=$(hdfs du -s /first | awk '{ print $1 }')
  [[ $du_bytes == "$bytes" ]] || fail "hdfs du -s says $du_bytes bytes, jindo fs -count $bytes"
  holds "$listed entries in both listings, $bytes bytes in both"
else
  echo "   left out: hdfs is not installed (tools/setup.sh --clients does that)"
fi

begin "An import by a stranger is refused as a whole"
mkdir -p "$work/strange/inside"
echo something > "$work/strange/inside/file"
if jindo fs -import "$work/strange" jfs://test/refused --user stranger --quiet --log "$work/refused.ack"; then
  fail "it went through"
fi
refused=$(grep -c '^R ' "$work/refused.ack" || true)
((refused > 0)) || fail "nothing in it was refused"
holds "$refused operations refused"

begin "SIGKILL to the leader during a second import"
expected=$(acknowledged "$work/first.ack")
"$work/bin/jindo" fs -import "$tree" jfs://test/second --log "$work/second.ack" > "$work/second.out" 2>&1 &
import_pid=$!
wait_for_acknowledged "$work/second.ack" $((expected / 4)) "$import_pid" ||
  fail "the import ended before a quarter was acknowledged: $(cat "$work/second.out")"
killed=$(cluster kill-leader)
echo "   $killed, after $(acknowledged "$work/second.ack") acknowledged operations"
status=0
wait "$import_pid" || status=$?
import_pid=
cat "$work/second.out"
((status == 0)) || fail "the import did not go through"
next=$(next_acknowledgement "$work/second.ack" "${killed##* }")
[[ -n $next ]] || fail "nothing was acknowledged after the kill: the import was over; take a larger tree"
holds "time from the kill to the next acknowledged write: $next ms"

begin "The checker: all that was acknowledged is there, and nothing that was refused"
jindo fs -verify "$work/first.ack" "$work/second.ack" "$work/refused.ack" || fail "see above"
second=$(jindo fs -count jfs://test/second)
read -r d f b _ <<< "$second"
[[ "$d $f $b" == "$directories $files $bytes" ]] || fail "the second import counts $d directories, $f files, $b bytes"
holds "both imports count the same"

begin "The killed master comes back"
cluster start
jindo jfs -stateHash --wait 60 || fail "the masters are not equal"

begin "Restart of all masters"
cluster restart
jindo jfs -metaStatus -detail || fail "not all masters take part"
jindo jfs -stateHash --wait 60 || fail "the masters are not equal"
[[ $(jindo fs -count jfs://test/first) == "$counted" && $(jindo fs -count jfs://test/second) == "$second" ]] ||
  fail "the counts are not what they were"
jindo fs -verify "$work/first.ack" "$work/second.ack" "$work/refused.ack" || fail "see above"
holds "same counts, same state on all masters at the same applied entry"

begin "The mirror has everything"
wait_for_synced 120 || fail "it does not catch up"
jindo jfs -metaStatus -detail -explain
whole=$(count_line jfs://test/)
echo "$whole"
jindo fs -ls jfs://test/ | tee "$work/root.ls"
# Names, kinds, owners, sizes and times of everything.
jindo fs -ls -R jfs://test/first > "$work/first.ls"
jindo jfs -metaVerify --conf "$work/conf/master-1.cfg" || fail "mirror and state differ"
holds "_synced=1, and mirror and state have the same rows"

begin "SIGKILL to all masters at once, and their data deleted"
lose_everything
if jindo fs --timeout 2 -ls jfs://test/ > /dev/null 2>&1; then fail "somebody still answers"; fi
holds "nothing is left but the mirror"

begin "A new cluster in recovery mode"
begin_recovery
wait_for_recovered 600 || fail "the recovery does not finish"
jindo jfs -metaStatus -detail -explain || fail "not all masters take part"
refused_for_recovery "$work/refused.out" jindo fs -mkdir jfs://test/new || fail "a change was not refused with error 25021"
if $hadoop; then
  refused_for_recovery "$work/refused.out" hadoop fs -mkdir jfs://test/new || fail "hadoop fs was not refused with error 25021"
fi
holds "state=FINISH at position $(recovered_position), read-only"

begin "What came back is what was there"
recovered=$(count_line jfs://test/)
echo "$recovered"
[[ $recovered == "$whole" ]] || fail "before it was '$whole'"
jindo fs -ls jfs://test/ | diff "$work/root.ls" - || fail "the listing of jfs://test/ is not what it was"
jindo fs -ls -R jfs://test/first | cmp "$work/first.ls" - || fail "the listing of jfs://test/first is not what it was"
if $hadoop; then
  hadoop fs -ls jfs://test/ | diff "$work/root.ls" - || fail "hadoop fs -ls does not list what was there"
fi
jindo fs -verify "$work/first.ack" "$work/second.ack" "$work/refused.ack" || fail "see above"
holds "the same count and the same listings as before"

begin "Out of recovery mode, the mirror on again"
end_recovery
wait_for_synced 180 || fail "the mirror is not kept"
jindo fs -mkdir jfs://test/after || fail "a change is not taken"
if $hadoop; then hadoop fs -mkdir jfs://test/after/hadoop || fail "hadoop fs cannot make a directory"; fi
wait_for_synced 60 || fail "the change is not mirrored"
position=$(field_of "$(leader_line)" position)
[[ $position == 2:* ]] || fail "the lineage is not 2: position $position"
jindo jfs -metaVerify --conf "$work/conf/master-1.cfg" || fail "mirror and state differ"
holds "changes are taken and mirrored, at position $position: the second lineage"

begin "All again in the middle of an import: SIGKILL to all masters"
curl -fsS "$(cluster control)/faults" --data delay:ms=300 > /dev/null || fail "ots_mock does not take a delay"
before=$(count_line jfs://test/first)
"$work/bin/jindo" fs -import "$tree" jfs://test/third --log "$work/third.ack" --timeout 4 > "$work/third.out" 2>&1 &
import_pid=$!
wait_for_acknowledged "$work/third.ack" $((expected / 2)) "$import_pid" ||
  fail "the import ended before a half was acknowledged: $(cat "$work/third.out")"
lose_everything
status=0
wait "$import_pid" || status=$?
import_pid=
((status != 0)) || fail "the import went through without masters"
begin_recovery
wait_for_recovered 600 || fail "the recovery does not finish"
position=$(recovered_position)
jindo fs -verify "$work/third.ack" --recovered "$position" || fail "see above"
jindo fs -verify "$work/first.ack" "$work/second.ack" "$work/refused.ack" || fail "see above"
[[ $(count_line jfs://test/first) == "$before" ]] || fail "jfs://test/first counted '$before'"
holds "everything acknowledged up to $position is there, and nothing behind it"

begin "And out of recovery mode"
end_recovery
wait_for_synced 180 || fail "the mirror is not kept"
jindo fs -mkdir jfs://test/again || fail "a change is not taken"
wait_for_synced 60 || fail "the change is not mirrored"
jindo jfs -metaStatus -detail || fail "not all masters take part"
jindo jfs -stateHash --wait 60 || fail "the masters are not equal"
holds "the third lineage"

echo
if $keep; then
  cat <<TEXT
quickstart: all steps held. The cluster is left running in $work:
  export JINDO_MASTERS=$JINDO_MASTERS
  $work/bin/jindo fs -ls jfs://test/
  $work/bin/jindo jfs -metaStatus -detail
  $work/bin/jindo jfs -metaVerify --conf $work/conf/master-1.cfg
  HADOOP_NAMENODE=127.0.0.1:$(leader_port) hdfs ls /first
  tools/cluster.sh status --dir $work
  tools/cluster.sh kill-leader --dir $work     # and then: start
  tools/cluster.sh stop --dir $work
TEXT
else
  echo "quickstart: all steps held"
fi
