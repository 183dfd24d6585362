#include "server/config.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jfs::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kThree[] =
    "namespace.backend.type=raft\n"
    "namespace.backend.raft.initial-conf=emr-header-1:8103:0,emr-header-2:8103:0,emr-header-3:8103:"
    "0\n"
    "namespace.backend.raft.hostname=emr-header-2\n"
    "jfs.namespace.server.rpc-address=emr-header-1:8101,emr-header-2:8101,emr-header-3:8101\n"
    "namespace.meta-dir=/data\n";
constexpr char kOne[] = "namespace.meta-dir=/data\n";

absl::StatusOr<Config> Read(const std::string& text, const char* machine = "") {
  const absl::StatusOr<Settings> settings = ParseFile("f.cfg", text);
  if (!settings.ok()) return settings.status();
  return Interpret(*settings, machine);
}

TEST(Config, ErrorsDoNotRepeatWhatMayBeASecret) {
  for (const char* text :
       {"namespace.ots.accessSecret: TOPSECRET1\n", "namespace.ots.accessSecret TOPSECRET1\n",
        "TOPSECRET1\n", "TOPSECRET1==\n", "namespace.ots.accessSecret: TOPSECRET1=\n",
        "namespace.rpc.prot=TOPSECRET1\n"}) {
    const absl::StatusOr<Config> config = Read(text);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr("f.cfg:1: "));
    EXPECT_THAT(std::string(config.status().message()), Not(HasSubstr("SECRET1"))) << text;
  }
  const std::vector<std::vector<const char*>> lines = {
      {"namespaced", "--namespace.ots.acessSecret=TOPSECRET2"},
      {"namespaced", "--namespace.ots.acessSecret", "TOPSECRET2"},
      {"namespaced", "TOPSECRET2"},
      {"namespaced", "--conf", "f", "TOPSECRET2=x"}};
  for (const auto& line : lines) {
    const absl::StatusOr<CommandLine> parsed =
        ParseCommandLine(static_cast<int>(line.size()), line.data());
    ASSERT_FALSE(parsed.ok());
    EXPECT_THAT(std::string(parsed.status().message()), Not(HasSubstr("SECRET2")));
  }
}

TEST(Config, Mirror) {
  const std::string keys =
      "namespace.ots.instance=emr-jfs\n"
      "namespace.ots.endpoint=https://emr-jfs.cn-hangzhou.ots.aliyuncs.com/\n"
      "namespace.ots.accessKey=id\n"
      "namespace.ots.accessSecret=secret\n";
  absl::StatusOr<Config> config =
      Read(std::string(kThree) + "namespace.backend.raft.async.ots.enabled=true\n" + keys);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->mirror.upload);
  EXPECT_FALSE(config->mirror.recovery);
  EXPECT_EQ(config->mirror.instance, "emr-jfs");
  EXPECT_EQ(config->mirror.endpoint, "https://emr-jfs.cn-hangzhou.ots.aliyuncs.com");
  EXPECT_EQ(config->mirror.access_key, "id");
  EXPECT_EQ(config->mirror.access_secret, "secret");
  EXPECT_EQ(config->mirror.seal_after, 30 * kSecond);
  EXPECT_EQ(config->mirror.outbox_bytes, uint64_t{1} << 30);

  config = Read(std::string(kOne) + "namespace.backend.rocksdb.recovery.mode=true\n" + keys +
                "namespace.ots.seal-after-ms=2000\nnamespace.ots.outbox-bytes=2000000\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->mirror.upload);
  EXPECT_TRUE(config->mirror.recovery);
  EXPECT_EQ(config->mirror.seal_after, 2 * kSecond);
  EXPECT_EQ(config->mirror.outbox_bytes, 2'000'000u);

  // Neither is on: it is kept for the claim of a cluster that has been recovered, if it is whole.
  config = Read(std::string(kOne) + keys);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->mirror.on());
  EXPECT_TRUE(config->mirror.configured());
  EXPECT_EQ(config->mirror.access_secret, "secret");
  config = Read(std::string(kOne) +
                "namespace.ots.endpoint=nonsense\nnamespace.ots.accessSecret=secret\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->mirror.configured());
  EXPECT_EQ(config->mirror.endpoint, "");
  EXPECT_EQ(config->mirror.access_secret, "");
}

TEST(Config, FileThatCannotBeReadIsAnErrorAndNotAnEmptyOne) {
  CommandLine command_line;
  command_line.settings["namespace.meta-dir"] = {"/d", "command line"};
  command_line.config_file = testing::TempDir();  // a directory
  const absl::StatusOr<Config> directory = LoadConfig(command_line, "box");
  ASSERT_FALSE(directory.ok());
  EXPECT_THAT(std::string(directory.status().message()), HasSubstr("cannot read "));
  command_line.config_file = "/dev/zero";
  const absl::StatusOr<Config> endless = LoadConfig(command_line, "box");
  ASSERT_FALSE(endless.ok());
  EXPECT_THAT(std::string(endless.status().message()), HasSubstr("is larger than 1048576 bytes"));
  // The default file may be missing where there are flags.
  command_line.config_file = testing::TempDir() + "/there/is/none";
  EXPECT_TRUE(LoadConfig(command_line, "box").ok());
}

TEST(Config, ThreeMastersAsInTheManual) {
  const absl::StatusOr<Config> config = Read(kThree);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->backend, Backend::kRaft);
  ASSERT_EQ(config->masters.size(), 3u);
  EXPECT_EQ(config->self, NodeId(2));
  EXPECT_EQ(config->peer_port(), 8103);
  EXPECT_EQ(config->rpc_port, 8101);
  EXPECT_EQ(config->http_port, 8104);
  EXPECT_EQ(config->meta_dir, "/data");
  ASSERT_EQ(config->namespaces.size(), 1u);
  EXPECT_EQ(config->namespaces[0].name, "test");
  EXPECT_EQ(config->namespaces[0].rpc_port, 8101);
  EXPECT_EQ(config->log_segment_bytes, 64u << 20);
  EXPECT_EQ(config->log_writer, "auto");
  EXPECT_EQ(config->retry_cache_bytes, 256u << 20);
  EXPECT_EQ(config->election_timeout, kSecond);
  EXPECT_EQ(config->superuser_group, "supergroup");
}

TEST(Config, OneMasterNeedsOnlyADirectory) {
  const absl::StatusOr<Config> config = Read(kOne, "box");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->backend, Backend::kRocksDb);
  EXPECT_EQ(config->self, NodeId(1));
  ASSERT_EQ(config->masters.size(), 1u);
  EXPECT_EQ(config->masters[0].host, "box");
}

TEST(Config, RepeatedHostsAreToldApartByTheirPort) {
  const std::string local =
      "namespace.backend.type = raft\n"
      "# three masters on one machine\n\n"
      "namespace.backend.raft.initial-conf = 127.0.0.1:1:0, 127.0.0.1:2:0, 127.0.0.1:3\n"
      "namespace.meta-dir=/d\n"
      "namespace.backend.raft.hostname=";
  const absl::StatusOr<Config> third = Read(local + "127.0.0.1:3\n");
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(third->self, NodeId(3));
  const absl::StatusOr<Config> any = Read(local + "127.0.0.1\n");
  ASSERT_FALSE(any.ok());
  EXPECT_THAT(std::string(any.status().message()), HasSubstr("give host:port"));
}

TEST(Config, OwnEntryIsFoundByTheMachinesName) {
  std::string text = kThree;
  text.erase(text.find("namespace.backend.raft.hostname"),
             sizeof "namespace.backend.raft.hostname=emr-header-2");
  const absl::StatusOr<Config> config = Read(text, "emr-header-3");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->self, NodeId(3));
  EXPECT_FALSE(Read(text, "elsewhere").ok());
}

TEST(Config, HashIsThatOfTheMastersWhateverTheirOrder) {
  const auto hash = [](const std::string& conf) {
    return Read(
               "namespace.backend.type=raft\nnamespace.meta-dir=/"
               "d\nnamespace.backend.raft.hostname=a\n"
               "namespace.backend.raft.initial-conf=" +
               conf + "\n")
        ->configuration_hash();
  };
  EXPECT_EQ(hash("a:1:0,b:1:0"), hash("b:1,a:1"));
  EXPECT_NE(hash("a:1:0,b:1:0"), hash("a:1:0,b:2:0"));
  EXPECT_NE(hash("a:1:0,b:1:0"), hash("a:1:0,b:1:0,c:1:0"));
}

TEST(Config, IpV6) {
  const absl::StatusOr<Config> config = Read(
      "namespace.backend.type=raft\nnamespace.meta-dir=/d\nnamespace.backend.raft.hostname=::1\n"
      "namespace.backend.raft.initial-conf=[::1]:8103:0,[fe80::2]:8103\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->masters[0].host, "::1");
  EXPECT_EQ(config->masters[1].ToString(), "[fe80::2]:8103");
}

TEST(Config, NamespacesHaveTheirPortsAndPlaces) {
  const absl::StatusOr<Config> config = Read(
      "namespace.meta-dir=/d\njfs.namespaces=test,logs\n"
      "jfs.namespaces.test.oss.uri=file:///blocks/test\njfs.namespaces.logs.rpc.port=8201\n");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->namespaces.size(), 2u);
  EXPECT_EQ(config->namespaces[0].oss_uri, "file:///blocks/test");
  EXPECT_EQ(config->namespaces[1].name, "logs");
  EXPECT_EQ(config->namespaces[1].rpc_port, 8201);
}

TEST(Config, StaticGroups) {
  const absl::StatusOr<Config> config = Read(
      "namespace.meta-dir=/d\nhadoop.user.group.static.mapping.overrides=alice=staff, users; "
      "bob=;root=supergroup\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->static_groups.at("alice"), ElementsAre("staff", "users"));
  EXPECT_TRUE(config->static_groups.at("bob").empty());
}

struct ErrorCase {
  const char* name;
  std::string text;
  const char* starts;    // place and key
  const char* contains;  // the way out
};

class ConfigErrors : public testing::TestWithParam<ErrorCase> {};

TEST_P(ConfigErrors, NamePlaceKeyAndWayOut) {
  const ErrorCase& c = GetParam();
  const absl::StatusOr<Config> config = Read(c.text);
  ASSERT_FALSE(config.ok());
  const std::string message(config.status().message());
  EXPECT_EQ(message.rfind(c.starts, 0), 0u) << message;
  EXPECT_THAT(message, HasSubstr(c.contains));
  EXPECT_THAT(message, Not(HasSubstr("SECRET")));
}

const std::string kMeta = kOne;
const std::string kRaft = kThree;

// What a mirror needs, but for the line of that key.
std::string Without(std::string_view left_out) {
  constexpr std::pair<std::string_view, std::string_view> kLines[] = {
      {"namespace.ots.instance", "emr-jfs"},
      {"namespace.ots.endpoint", "http://emr-jfs.cn-hangzhou.vpc.tablestore.aliyuncs.com"},
      {"namespace.ots.accessKey", "SECRETID"},
      {"namespace.ots.accessSecret", "TOPSECRET3"}};
  std::string out;
  for (const auto& [key, value] : kLines) {
    if (key != left_out) out += std::string(key) + "=" + std::string(value) + "\n";
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigErrors,
    testing::Values(
        ErrorCase{"NoEquals", "# c\nhello\n", "f.cfg:2: this line is not", "key=value"},
        ErrorCase{"Unknown", "namespace.rpc.prot=1\n",
                  "f.cfg:1: namespace.rpc.prot: there is no such key",
                  "did you mean namespace.rpc.port?"},
        ErrorCase{"UnknownFar", "x=1\n", "f.cfg:1: x: there is no such key", "--help"},
        ErrorCase{"Twice", kMeta + "\nnamespace.meta-dir=/e\n",
                  "f.cfg:3: namespace.meta-dir: is set already at f.cfg:1", "remove one"},
        ErrorCase{"ElectionTimeout", kRaft + "namespace.backend.raft.election-timeout-ms=299\n",
                  "f.cfg:6: namespace.backend.raft.election-timeout-ms", "300"},
        ErrorCase{"Type", kMeta + "namespace.backend.type=etcd\n",
                  "f.cfg:2: namespace.backend.type: 'etcd'", "rocksdb, raft and ots"},
        ErrorCase{"Ots", kMeta + "namespace.backend.type=ots\n",
                  "f.cfg:2: namespace.backend.type: ots", "not supported yet"},
        ErrorCase{"MirrorWithoutInstance",
                  kRaft + "namespace.backend.raft.async.ots.enabled=true\n",
                  "configuration: namespace.ots.instance: is needed with",
                  "namespace.backend.raft.async.ots.enabled=true"},
        ErrorCase{"RecoveryWithoutInstance",
                  kMeta + "namespace.backend.rocksdb.recovery.mode=true\n",
                  "configuration: namespace.ots.instance: is needed with",
                  "namespace.backend.rocksdb.recovery.mode=true"},
        ErrorCase{"MirrorWithoutEndpoint",
                  kRaft + "namespace.backend.raft.async.ots.enabled=true\n" +
                      Without("namespace.ots.endpoint"),
                  "configuration: namespace.ots.endpoint: is needed", "set it"},
        ErrorCase{"MirrorWithoutKey",
                  kRaft + "namespace.backend.raft.async.ots.enabled=true\n" +
                      Without("namespace.ots.accessKey"),
                  "configuration: namespace.ots.accessKey: is needed", "set it"},
        ErrorCase{"MirrorWithoutSecret",
                  kRaft + "namespace.backend.raft.recovery.mode=true\n" +
                      Without("namespace.ots.accessSecret"),
                  "configuration: namespace.ots.accessSecret: is needed",
                  "namespace.backend.raft.recovery.mode=true"},
        ErrorCase{"EmptySecret",
                  kRaft + "namespace.backend.raft.recovery.mode=true\n" +
                      Without("namespace.ots.accessSecret") + "namespace.ots.accessSecret=\n",
                  "f.cfg:10: namespace.ots.accessSecret: is needed", "set it"},
        ErrorCase{"MirrorAndRecovery",
                  kRaft +
                      "namespace.backend.raft.async.ots.enabled=true\n"
                      "namespace.backend.raft.recovery.mode=true\n" +
                      Without(""),
                  "f.cfg:7: namespace.backend.raft.recovery.mode: and "
                  "namespace.backend.raft.async.ots.enabled are both true",
                  "state=FINISH"},
        ErrorCase{"MirrorOfAnotherBackend",
                  kMeta + "namespace.backend.raft.async.ots.enabled=true\n" + Without(""),
                  "f.cfg:2: namespace.backend.raft.async.ots.enabled: contradicts "
                  "namespace.backend.type=rocksdb",
                  "set namespace.backend.rocksdb.async.ots.enabled instead"},
        ErrorCase{"RecoveryOfAnotherBackend",
                  kRaft + "namespace.backend.rocksdb.recovery.mode=true\n" + Without(""),
                  "f.cfg:6: namespace.backend.rocksdb.recovery.mode: contradicts "
                  "namespace.backend.type=raft",
                  "set namespace.backend.raft.recovery.mode instead"},
        ErrorCase{"EndpointWithoutScheme",
                  kMeta + "namespace.backend.rocksdb.recovery.mode=true\n" +
                      Without("namespace.ots.endpoint") +
                      "namespace.ots.endpoint=emr-jfs.cn-hangzhou.ots.aliyuncs.com\n",
                  "f.cfg:6: namespace.ots.endpoint: 'emr-jfs.cn-hangzhou.ots.aliyuncs.com'",
                  "http:// or https://"},
        ErrorCase{"EndpointWithPath",
                  kMeta + "namespace.backend.rocksdb.recovery.mode=true\n" +
                      Without("namespace.ots.endpoint") + "namespace.ots.endpoint=http://a/b\n",
                  "f.cfg:6: namespace.ots.endpoint: 'http://a/b'", "http:// or https://"},
        ErrorCase{"InstanceWithBlank",
                  kMeta + "namespace.backend.rocksdb.recovery.mode=true\n" +
                      Without("namespace.ots.instance") + "namespace.ots.instance=a b\n",
                  "f.cfg:6: namespace.ots.instance: has a blank", "console"},
        ErrorCase{"SealAfter", kMeta + "namespace.ots.seal-after-ms=10\n",
                  "f.cfg:2: namespace.ots.seal-after-ms: '10'", "100"},
        ErrorCase{"OutboxBytes", kMeta + "namespace.ots.outbox-bytes=5\n",
                  "f.cfg:2: namespace.ots.outbox-bytes: '5'", "1048576"},
        ErrorCase{"NotBool", kMeta + "namespace.backend.rocksdb.recovery.mode=yes\n",
                  "f.cfg:2: namespace.backend.rocksdb.recovery.mode: 'yes'",
                  "neither true nor false"},
        ErrorCase{"NoMetaDir", "namespace.rpc.port=1\n", "configuration: namespace.meta-dir",
                  "is needed"},
        ErrorCase{"NoInitialConf", kMeta + "namespace.backend.type=raft\n",
                  "configuration: namespace.backend.raft.initial-conf", "list all masters"},
        ErrorCase{"InitialConfWithRocksDb", kMeta + "namespace.backend.raft.initial-conf=a:1:0\n",
                  "f.cfg:2: namespace.backend.raft.initial-conf",
                  "contradicts namespace.backend.type=rocksdb"},
        ErrorCase{
            "ReplicaNumber",
            "namespace.backend.type=raft\nnamespace.backend.raft.initial-conf=a:1:1\n" + kMeta,
            "f.cfg:2: namespace.backend.raft.initial-conf: 'a:1:1'", "host:port:0"},
        ErrorCase{"DoubleMaster",
                  "namespace.backend.type=raft\nnamespace.backend.raft.initial-conf=a:1:0,a:1:0\n" +
                      kMeta,
                  "f.cfg:2: namespace.backend.raft.initial-conf: a:1", "twice"},
        ErrorCase{
            "PortZero",
            "namespace.backend.type=raft\nnamespace.backend.raft.initial-conf=a:0:0\n" + kMeta,
            "f.cfg:2: namespace.backend.raft.initial-conf", "port 0"},
        ErrorCase{"WrongHostname",
                  "namespace.backend.type=raft\nnamespace.backend.raft.initial-conf=a:1:0\n"
                  "namespace.backend.raft.hostname=b\n" +
                      kMeta,
                  "f.cfg:3: namespace.backend.raft.hostname: 'b' is no entry", "it has a:1"},
        ErrorCase{"RpcCount",
                  "namespace.backend.type=raft\nnamespace.backend.raft.initial-conf=a:1:0,b:1:0\n"
                  "namespace.backend.raft.hostname=a\njfs.namespace.server.rpc-address=a:2\n" +
                      kMeta,
                  "f.cfg:4: jfs.namespace.server.rpc-address: has 1 entries",
                  "one client address for each master"},
        ErrorCase{"RpcOrder",
                  "namespace.backend.type=raft\nnamespace.backend.raft.initial-conf=a:1:0,b:1:0\n"
                  "namespace.backend.raft.hostname=a\njfs.namespace.server.rpc-address=b:2,a:2\n" +
                      kMeta,
                  "f.cfg:4: jfs.namespace.server.rpc-address: entry 1", "same order"},
        ErrorCase{"RpcPortContradiction", kRaft + "namespace.rpc.port=9000\n",
                  "f.cfg:6: namespace.rpc.port: 9000", "leave one out"},
        ErrorCase{"BadPort", kMeta + "namespace.rpc.port=70000\n",
                  "f.cfg:2: namespace.rpc.port: '70000'", "from 0 to 65535"},
        ErrorCase{"SamePort", kMeta + "namespace.http.port=8101\n",
                  "f.cfg:2: namespace.http.port: port 8101", "give each its own"},
        ErrorCase{"NamespaceName", kMeta + "jfs.namespaces=a/b\n", "f.cfg:2: jfs.namespaces: 'a/b'",
                  "not a name"},
        ErrorCase{"NamespaceWithoutPort", kMeta + "jfs.namespaces=a,b\n",
                  "f.cfg:2: jfs.namespaces: namespace 'b'", "set jfs.namespaces.b.rpc.port"},
        ErrorCase{"NamespaceUnknown", kMeta + "jfs.namespaces.other.oss.uri=x\n",
                  "f.cfg:2: jfs.namespaces.other.oss.uri", "add it there or remove"},
        ErrorCase{"Segment", kMeta + "namespace.log.segment-bytes=1048577\n",
                  "f.cfg:2: namespace.log.segment-bytes", "multiple of 4096"},
        ErrorCase{"Reserve", kMeta + "namespace.disk.reserve-bytes=134217727\n",
                  "f.cfg:2: namespace.disk.reserve-bytes", "raise it, or set it to 0"},
        ErrorCase{"Heartbeat", kMeta + "namespace.backend.raft.heartbeat-ms=500\n",
                  "f.cfg:2: namespace.backend.raft.heartbeat-ms", "three heartbeats"},
        ErrorCase{"Level", kMeta + "namespace.log.level=loud\n",
                  "f.cfg:2: namespace.log.level: 'loud'", "debug"},
        ErrorCase{"Writer", kMeta + "namespace.log.writer=aio\n",
                  "f.cfg:2: namespace.log.writer: 'aio'", "io_uring"},
        ErrorCase{"Groups", kMeta + "hadoop.user.group.static.mapping.overrides=alice\n",
                  "f.cfg:2: hadoop.user.group.static.mapping.overrides: 'alice'", "user=group"},
        ErrorCase{"BlockSize", kMeta + "dfs.blocksize=16\n", "f.cfg:2: dfs.blocksize: 16",
                  "min-block-size"}),
    [](const auto& info) { return std::string(info.param.name); });

absl::StatusOr<CommandLine> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "namespaced");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLine, EveryKeyIsAFlag) {
  const absl::StatusOr<CommandLine> line =
      Parse({"--namespace.rpc.port=9001", "--namespace.meta-dir", "/x",
             "--jfs.namespaces.test.oss.uri=file:///b", "--conf", "c.cfg", "--check-config"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->action, CommandLine::Action::kCheck);
  EXPECT_EQ(line->config_file, "c.cfg");
  EXPECT_TRUE(line->config_file_given);
  EXPECT_EQ(line->settings.at("namespace.rpc.port").value, "9001");
  EXPECT_EQ(line->settings.at("namespace.meta-dir").value, "/x");
  EXPECT_EQ(line->settings.at("jfs.namespaces.test.oss.uri").value, "file:///b");
  EXPECT_EQ(line->settings.at("namespace.rpc.port").source, "command line");
}

TEST(CommandLine, FlagsWinOverTheFileAndErrorsNameThem) {
  absl::StatusOr<CommandLine> line =
      Parse({"--namespace.meta-dir=/x", "--namespace.rpc.port=many"});
  ASSERT_TRUE(line.ok());
  const absl::StatusOr<Config> config = LoadConfig(*line, "box");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(
      std::string(config.status().message()).rfind("command line: namespace.rpc.port: 'many'", 0),
      0u)
      << config.status();
}

TEST(CommandLine, UnknownFlagsAreRefused) {
  const absl::StatusOr<CommandLine> line = Parse({"--namespace.rpc.prot=1"});
  ASSERT_FALSE(line.ok());
  EXPECT_THAT(std::string(line.status().message()),
              HasSubstr("did you mean --namespace.rpc.port?"));
  EXPECT_FALSE(Parse({"stray"}).ok());
  EXPECT_FALSE(Parse({"--jfs.namespaces.test.oss.uri"}).ok());
}

TEST(CommandLine, HelpListsTheKeys) {
  const absl::StatusOr<CommandLine> line = Parse({"--help"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->action, CommandLine::Action::kPrint);
  EXPECT_THAT(line->text, HasSubstr("--namespace.backend.raft.initial-conf"));
}

TEST(CommandLine, MissingFileIsNamed) {
  const absl::StatusOr<CommandLine> line = Parse({"--conf=/no/such.cfg"});
  ASSERT_TRUE(line.ok());
  const absl::StatusOr<Config> config = LoadConfig(*line, "");
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("/no/such.cfg"));
}

}  // namespace
}  // namespace jfs::server
