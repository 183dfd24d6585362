#!/usr/bin/env bash
# Installs what building and testing needs on Debian 12. Run `tools/setup.sh --help` for the groups.
#
# Everything comes from Debian itself. When nothing is missing the script only asks dpkg and ends at once,
# without touching the network, so other scripts may call it every time.
set -euo pipefail

# Compilers, libraries, build and lint tools: what `tools/test.sh` needs.
BUILD_PACKAGES=(
  # The build system. The rules packages are what Bazel 4.2.3 insists on finding (see WORKSPACE).
  bazel-bootstrap bazel-rules-java bazel-rules-proto
  # Compilers: g++ is the default, clang is the second opinion, the fuzzer and the linters.
  g++ binutils clang-14 libclang-rt-14-dev llvm-14 clang-format-14 clang-tidy-14
  # The scripts themselves.
  python3-minimal python3 git ca-certificates procps curl
  # Libraries, seen by the build as @debian//:NAME (third_party/debian.BUILD).
  libabsl-dev libgtest-dev libgmock-dev libbenchmark-dev librocksdb-dev libprotobuf-dev protobuf-compiler
  libisal-dev liburing-dev libjemalloc-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libcli11-dev prometheus-cpp-dev
  libmicrohttpd-dev libcpp-httplib-dev libcurl4-openssl-dev libzstd-dev liblz4-dev libsnappy-dev libxxhash-dev zlib1g-dev
  libbz2-dev libssl-dev
)
# What bench/commit_path compares itself with: etcd and the load generator that drives it.
BENCH_PACKAGES=(etcd-server etcd-client nghttp2-client)
# Clients of other makes that tests and the quickstart talk to us with.
CLIENT_PACKAGES=(hdfs-cli)
# What tests/hadoop needs, with the clients, to run a real NameNode and to build clients that Debian does not have.
HADOOP_PACKAGES=(default-jdk-headless maven golang-go python3-venv)
# What tests/ots needs to install and run the official Tablestore SDKs.
SDK_PACKAGES=(nodejs npm default-jdk-headless maven golang-go python3-venv)

usage() {
  cat <<TEXT
usage: tools/setup.sh [--bench] [--clients] [--hadoop] [--sdks] [--all] [--check] [--list]

Installs the Debian 12 packages that this project needs and that are missing.

  (no option)  compilers, libraries, build and lint tools
  --bench      also what the benchmarks compare with: ${BENCH_PACKAGES[*]}
  --clients    also clients of other makes: ${CLIENT_PACKAGES[*]}
  --hadoop     also what tests/hadoop needs: the clients and ${HADOOP_PACKAGES[*]}
  --sdks       also what tests/ots needs: ${SDK_PACKAGES[*]}
  --all        all of these
  --check      install nothing; name what is missing and exit 1 if anything is
  --list       install nothing; print the packages of the chosen groups, one a line
TEXT
}

die() {
  echo "setup: $*" >&2
  exit 1
}

bench=false clients=false hadoop=false sdks=false check=false list=false
for argument in "$@"; do
  case "$argument" in
    --bench) bench=true ;;
    --clients) clients=true ;;
    --hadoop) clients=true hadoop=true ;;
    --sdks) sdks=true ;;
    --all) bench=true clients=true hadoop=true sdks=true ;;
    --check) check=true ;;
    --list) list=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$argument'" ;;
  esac
done

wanted=("${BUILD_PACKAGES[@]}")
if $bench; then wanted+=("${BENCH_PACKAGES[@]}"); fi
if $clients; then wanted+=("${CLIENT_PACKAGES[@]}"); fi
if $hadoop; then wanted+=("${HADOOP_PACKAGES[@]}"); fi
if $sdks; then wanted+=("${SDK_PACKAGES[@]}"); fi
# Two groups may want the same package.
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | awk '!seen[$0]++')
if $list; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi

command -v dpkg-query > /dev/null && command -v apt-get > /dev/null ||
  die "this is not a Debian system (no dpkg-query or apt-get). The build is made for Debian 12; see docs/building.md."
release=$(. /etc/os-release 2> /dev/null && echo "${ID:-unknown} ${VERSION_ID:-unknown}") || release=unknown
if [[ $release != "debian 12" ]]; then
  echo "setup: warning: made for Debian 12, this is '$release'; package versions may not fit" >&2
fi

# dpkg-query complains about names it has never seen; those are simply missing.
declare -A installed=()
while read -r name status; do
  if [[ $status == installed ]]; then installed[$name]=1; fi
done < <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2> /dev/null || true)
missing=()
for name in "${wanted[@]}"; do
  if [[ -z ${installed[$name]:-} ]]; then missing+=("$name"); fi
done

if ((${#missing[@]} == 0)); then
  echo "setup: all ${#wanted[@]} packages are installed"
  exit 0
fi
echo "setup: ${#missing[@]} of ${#wanted[@]} packages are missing: ${missing[*]}"
if $check; then exit 1; fi

run_as_root=()
if (($(id -u) != 0)); then
  command -v sudo > /dev/null ||
    die "installing packages needs root and there is no sudo: run 'tools/setup.sh $*' as root"
  run_as_root=(sudo)
fi
# env: sudo would drop the variable, and no package may stop to ask a question.
apt() {
  "${run_as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

apt update || die "'apt-get update' failed: check the network and /etc/apt/sources.list, then run this again"
apt install -y --no-install-recommends "${missing[@]}" ||
  die "'apt-get install' failed, its message is above. Nothing else was changed; run this again once it is mended."
# The postinst of ca-certificates-java and of the JDK want /proc; without it they leave a java that cannot start.
java -version > /dev/null 2>&1 ||
  die "the packages are installed but 'java -version' fails, and Bazel needs it: is /proc mounted?"
echo "setup: installed ${#missing[@]} packages"
