#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

#include "core/base/concat.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "tools/jindo/ack_log.h"
#include "tools/jindo/expected_tree.h"
#include "tools/jindo/file_system.h"
#include "tools/jindo/import_command.h"

namespace jfs::tools {
namespace {

constexpr std::string_view kCommand = "verify";
constexpr int kUsageError = 255;
constexpr size_t kCallsInFlight = 512;

constexpr int kSequenceBits = 48;
constexpr uint64_t kMaxSequence = (uint64_t{1} << kSequenceBits) - 1;
constexpr uint64_t kMaxLineage = UINT16_MAX;

// "lineage:sequence".
std::optional<uint64_t> ParsePosition(std::string_view text) {
  const size_t colon = text.find(':');
  uint64_t lineage = 0, sequence = 0;
  if (colon == std::string_view::npos ||
      !absl::SimpleAtoi(ToAbsl(text.substr(0, colon)), &lineage) ||
      !absl::SimpleAtoi(ToAbsl(text.substr(colon + 1)), &sequence) || lineage > kMaxLineage ||
      sequence > kMaxSequence) {
    return std::nullopt;
  }
  return lineage << kSequenceBits | sequence;
}

std::string FormatPosition(uint64_t position) {
  return Concat(position >> kSequenceBits, ":", position & kMaxSequence);
}

void Complain(std::string_view text) {
  std::cout.flush();
  std::cerr << kCommand << ": " << text << std::endl;
}

}  // namespace

int Verify(const ServiceFlags& flags, const std::vector<std::string>& logs,
           const VerifyOptions& options) {
  const absl::StatusOr<Service> service = FindService(flags);
  if (!service.ok()) {
    Complain(ToStd(service.status().message()));
    return kUsageError;
  }
  uint64_t end = UINT64_MAX;
  if (!options.recovered.empty()) {
    const std::optional<uint64_t> position = ParsePosition(options.recovered);
    if (!position.has_value()) {
      Complain(Concat("'", options.recovered,
                      "' is no position; one looks like 1:96412, as -metaStatus -detail shows it"));
      return kUsageError;
    }
    end = *position;
  }
  ExpectedTree expected(end);
  std::map<AckRecord::Fate, uint64_t> fates;
  uint64_t up_to_end = 0, behind_end = 0, last = 0;
  for (const std::string& log : logs) {
    const absl::StatusOr<AckLogSummary> read = ReadAckLog(log, [&](const AckRecord& record) {
      ++fates[record.fate];
      if (record.fate == AckRecord::Fate::kAcknowledged) {
        ++(record.result.position() <= end ? up_to_end : behind_end);
        last = std::max(last, record.result.position());
      }
      expected.Add(record);
    });
    if (!read.ok()) {
      Complain(ToStd(read.status().message()));
      return 1;
    }
    if (read->truncated_last_line) {
      Complain(Concat(
          log,
          ": its last line is cut off (the import was killed while it wrote) and does not count"));
    }
  }
  std::cout << absl::StrFormat(
      "%u operations acknowledged, %u refused, %u without an answer in %u log(s)\n",
      fates[AckRecord::Fate::kAcknowledged], fates[AckRecord::Fate::kRefused],
      fates[AckRecord::Fate::kUnknown], logs.size());

  if (!options.recovered.empty()) {
    std::cout << absl::StrFormat(
        "recovered at %s: %u acknowledged up to there, %u behind it, the last one at %s\n",
        options.recovered, up_to_end, behind_end, FormatPosition(last));
  }

  net::hadoop::IpcClient client(ClientOptions(flags, service->masters));
  uint64_t checked = 0, missing = 0, wrong = 0, refused_present = 0, beyond_present = 0, shown = 0;
  std::optional<Failure> trouble;
  std::map<uint64_t, const ExpectedTree::Entries::value_type*> asked;
  uint64_t next_tag = 0;
  auto next = expected.entries().begin();
  const auto skip_unchecked = [&] {
    while (next != expected.entries().end() && !ExpectedTree::IsChecked(next->second)) ++next;
  };
  skip_unchecked();
  while (!trouble.has_value() && (next != expected.entries().end() || !asked.empty())) {
    for (; next != expected.entries().end() && asked.size() < kCallsInFlight;
         ++next, skip_unchecked()) {
      ::hadoop::hdfs::GetFileInfoRequestProto request;
      request.set_src(next->first);
      asked.emplace(next_tag, &*next);
      client.Submit(net::hadoop::kClientProtocol, "getFileInfo", request, next_tag++);
    }
    std::vector<net::hadoop::IpcClient::Result> results;
    client.Poll(kSecond, &results);
    for (const net::hadoop::IpcClient::Result& result : results) {
      const auto it = asked.find(result.tag);
      const std::string& path = it->second->first;
      const ExpectedTree::Entry& entry = it->second->second;
      asked.erase(it);
      std::optional<FileStatus> found;
      ::hadoop::hdfs::GetFileInfoResponseProto response;
      trouble = FailureOf(result);
      // Where a parent is a file, HDFS answers with an error: there is nothing of that name then.
      if (trouble.has_value() &&
          trouble->exception_class.ends_with("ParentNotDirectoryException")) {
        trouble.reset();
      } else if (trouble.has_value()) {
        trouble->message = Concat(path, ": ", trouble->message);
        break;
      } else if (!response.ParseFromString(result.response)) {
        trouble =
            Failure{.message = Concat(path, ": the answer is not what Hadoop's protocol says")};
        break;
      } else if (response.has_fs()) {
        found = response.fs();
      }
      ++checked;
      const ExpectedTree::Verdict verdict = ExpectedTree::Check(entry, found);
      using Kind = ExpectedTree::Verdict::Kind;
      if (verdict.kind == Kind::kFine) continue;
      if (verdict.kind == Kind::kBeyondPresent) {
        const bool directory = found->filetype() == FileStatus::IS_DIR;
        if (directory && expected.MadeForOthers(path)) continue;
        ++beyond_present;
      }
      if (verdict.kind == Kind::kMissing) ++missing;
      if (verdict.kind == Kind::kWrong) ++wrong;
      if (verdict.kind == Kind::kRefusedPresent) ++refused_present;
      if (shown++ < options.show) Complain(Concat(EscapePath(path), ": ", verdict.text));
    }
  }
  if (shown > options.show)
    Complain(Concat("and ", shown - options.show, " more; --show N shows them"));
  if (!options.recovered.empty()) {
    std::cout << absl::StrFormat("made behind %s and present: %u\n", options.recovered,
                                 beyond_present);
  }
  std::cout << absl::StrFormat("checked %u, missing %u, wrong %u, refused-but-present %u\n",
                               checked, missing, wrong, refused_present);
  if (trouble.has_value()) {
    Complain(Concat("not all could be checked: ", trouble->message));
    return 1;
  }
  return missing + wrong + refused_present + beyond_present == 0 ? 0 : 1;
}

}  // namespace jfs::tools
