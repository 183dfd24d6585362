#!/usr/bin/env bash
# Fetches Hadoop's jars and compiles our Java. `tests/hadoop/setup.sh --help` says where to.
set -euo pipefail
# shellcheck source=tests/hadoop/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<TEXT
usage: tests/hadoop/setup.sh [--class-path]

Makes ready what the tests of this folder need; what is there already is not made again.

  Java and Maven      Debian's, by tools/setup.sh --hadoop
  Hadoop's jars       as pom.xml lists them, from Maven Central, into
                      $hadoop_jars
  our classes         from src/, into $hadoop_classes

  --class-path        print the Java class path when done, for other programs

JFS_HADOOP_CACHE names another place for the jars than ${XDG_CACHE_HOME:-$HOME/.cache}/jfs-namespace/hadoop.
TEXT
}

print=false
for argument in "$@"; do
  case "$argument" in
    --class-path) print=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$argument'" ;;
  esac
done
# Only what was asked for goes to standard output.
exec 3>&1 1>&2

if ! command -v javac > /dev/null || { [[ ! -d $hadoop_jars ]] && ! command -v mvn > /dev/null; }; then
  "$repository/tools/setup.sh" --hadoop
fi

mkdir -p "$hadoop_cache" "$(dirname "$hadoop_classes")"
exec 9> "$hadoop_cache/lock"
flock 9
if [[ ! -d $hadoop_jars ]]; then
  say "fetches Hadoop's jars into $hadoop_jars"
  # Into another name first: a directory that is there is whole.
  rm -rf "$hadoop_jars.new"
  # It repeats little by itself, and keeps what it has got.
  for try in 1 2 3; do
    mvn -q -B -f "$hadoop_tests/pom.xml" dependency:copy-dependencies -DoutputDirectory="$hadoop_jars.new" && break
    ((try < 3)) ||
      die "Maven could not fetch the jars, its message is above; it needs https://repo.maven.apache.org or a mirror of it," \
        "and Java has to trust its certificate (docs/building.md, 'A bare Debian 12')"
    sleep 10
  done
  mv "$hadoop_jars.new" "$hadoop_jars"
fi
flock -u 9

if [[ ! -d $hadoop_classes ]]; then
  say "compiles $hadoop_tests/src"
  unfinished=$(mktemp -d "$hadoop_classes.XXXXXX")
  find "$hadoop_tests/src" -name '*.java' -print0 |
    xargs -0 javac -Xlint:all,-processing,-classfile,-path,-deprecation -Werror -proc:none -encoding UTF-8 \
      -cp "$hadoop_jars/*" -d "$unfinished"
  # Resources: logging, and the options of the contract suites.
  (cd "$hadoop_tests/src" && find . -type f ! -name '*.java' -exec cp --parents {} "$unfinished" \;)
  mv -T "$unfinished" "$hadoop_classes" 2> /dev/null || rm -rf "$unfinished"
  # What older sources were compiled to.
  find "$(dirname "$hadoop_classes")" -maxdepth 1 -name 'classes-*' -mtime +1 -exec rm -rf {} +
fi
if $print; then hadoop_class_path >&3; fi
