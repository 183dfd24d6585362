#include "tools/jindo/ack_log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

#include "core/base/check.h"
#include "core/base/concat.h"

namespace jfs::tools {
namespace {

using ::jfs::jindo::OperationProto;

constexpr std::string_view kHeader = "# jindo acknowledgement log, version 1";

std::string Octal(uint32_t mode) { return absl::StrFormat("%o", mode); }

std::string OperationText(const OperationProto& operation) {
  switch (operation.operation_case()) {
    case OperationProto::kMkdirs:
      return Concat("mkdirs ", EscapePath(operation.mkdirs().path()),
                    " mode=", Octal(operation.mkdirs().mode()));
    case OperationProto::kImportFile: {
      const OperationProto::ImportFile& in = operation.importfile();
      std::string out = Concat("import ", EscapePath(in.path()), " mode=", Octal(in.mode()));
      if (in.has_user()) out += Concat(" user=", EscapePath(in.user()));
      if (in.has_group()) out += Concat(" group=", EscapePath(in.group()));
      return Concat(out, " mtime=", in.mtime(), " atime=", in.atime(),
                    " replication=", in.replication(), " block=", in.blocksize(),
                    " length=", in.length());
    }
    case OperationProto::kSetOwner: {
      const OperationProto::SetOwner& in = operation.setowner();
      std::string out = Concat("owner ", EscapePath(in.path()));
      if (in.has_user()) out += Concat(" user=", EscapePath(in.user()));
      if (in.has_group()) out += Concat(" group=", EscapePath(in.group()));
      return out;
    }
    case OperationProto::kSetPermission:
      return Concat("mode ", EscapePath(operation.setpermission().path()),
                    " mode=", Octal(operation.setpermission().mode()));
    case OperationProto::kSetTimes: {
      const OperationProto::SetTimes& in = operation.settimes();
      std::string out = Concat("times ", EscapePath(in.path()));
      if (in.has_mtime()) out += Concat(" mtime=", in.mtime());
      if (in.has_atime()) out += Concat(" atime=", in.atime());
      return out;
    }
    default:
      CHECK(false) << "an import makes no operation of kind " << operation.operation_case();
  }
  return "";
}

// Takes the next blank-separated word off the front.
std::string_view Word(std::string_view* line) {
  const size_t blank = line->find(' ');
  const std::string_view word = line->substr(0, blank);
  line->remove_prefix(blank == std::string_view::npos ? line->size() : blank + 1);
  return word;
}

template <typename Number>
bool ToNumber(std::string_view text, Number* out) {
  return absl::SimpleAtoi(ToAbsl(text), out);
}
bool FromOctal(std::string_view text, uint32_t* out) {
  if (text.empty() || text.size() > 6) return false;
  *out = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return false;
    *out = *out * 8 + static_cast<uint32_t>(c - '0');
  }
  return true;
}

// Puts one name=value into the operation. False: there is no such field, or the value is none.
bool SetField(std::string_view name, std::string_view value, OperationProto* operation) {
  uint32_t small = 0;
  uint64_t number = 0;
  const bool is_mode = name == "mode";
  const bool is_text = name == "user" || name == "group";
  std::optional<std::string> text;
  if (is_mode) {
    if (!FromOctal(value, &small)) return false;
  } else if (is_text) {
    text = UnescapePath(value);
    if (!text.has_value()) return false;
  } else if (!ToNumber(value, &number)) {
    return false;
  }
  switch (operation->operation_case()) {
    case OperationProto::kMkdirs:
      if (is_mode) return operation->mutable_mkdirs()->set_mode(small), true;
      return false;
    case OperationProto::kSetPermission:
      if (is_mode) return operation->mutable_setpermission()->set_mode(small), true;
      return false;
    case OperationProto::kSetOwner:
      if (name == "user") return operation->mutable_setowner()->set_user(*text), true;
      if (name == "group") return operation->mutable_setowner()->set_group(*text), true;
      return false;
    case OperationProto::kSetTimes:
      if (name == "mtime") return operation->mutable_settimes()->set_mtime(number), true;
      if (name == "atime") return operation->mutable_settimes()->set_atime(number), true;
      return false;
    case OperationProto::kImportFile: {
      OperationProto::ImportFile* const file = operation->mutable_importfile();
      if (is_mode) return file->set_mode(small), true;
      if (name == "user") return file->set_user(*text), true;
      if (name == "group") return file->set_group(*text), true;
      if (name == "mtime") return file->set_mtime(number), true;
      if (name == "atime") return file->set_atime(number), true;
      if (name == "replication") return file->set_replication(static_cast<uint32_t>(number)), true;
      if (name == "block") return file->set_blocksize(number), true;
      if (name == "length") return file->set_length(number), true;
      return false;
    }
    default:
      return false;
  }
}

}  // namespace

std::string EscapePath(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '%') {
      out += absl::StrFormat("%%%02X", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<std::string> UnescapePath(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    uint32_t byte = 0;
    if (i + 2 >= text.size() || !absl::SimpleHexAtoi(ToAbsl(text.substr(i + 1, 2)), &byte))
      return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

std::string FormatAckRecord(const AckRecord& record) {
  const char fate = record.fate == AckRecord::Fate::kAcknowledged ? 'A'
                    : record.fate == AckRecord::Fate::kRefused    ? 'R'
                                                                  : 'U';
  std::string out = Concat(std::string(1, fate), " ", record.wall_millis, " ",
                           absl::BytesToHexString(record.client_id), " ", record.operation.callid(),
                           " ", record.result.position(), " ", record.result.logindex(), " ",
                           record.result.ordinal(), " ", OperationText(record.operation));
  if (record.fate == AckRecord::Fate::kRefused) {
    const std::string& message = record.result.message();
    out += Concat(" ! ", EscapePath(record.result.exceptionclass()), " ",
                  EscapePath(message.substr(0, message.find('\n'))));
  }
  return out + "\n";
}

absl::StatusOr<AckRecord> ParseAckRecord(std::string_view line) {
  const auto bad = [](std::string_view what) { return absl::InvalidArgumentError(ToAbsl(what)); };
  AckRecord out;
  const std::string_view fate = Word(&line);
  if (fate == "A") {
    out.fate = AckRecord::Fate::kAcknowledged;
  } else if (fate == "R") {
    out.fate = AckRecord::Fate::kRefused;
  } else if (fate == "U") {
    out.fate = AckRecord::Fate::kUnknown;
  } else {
    return bad("it begins with neither A, R nor U");
  }
  uint32_t call_id = 0, ordinal = 0;
  uint64_t position = 0, log_index = 0;
  const bool wall = ToNumber(Word(&line), &out.wall_millis);
  const std::string_view client = Word(&line);
  const bool call = ToNumber(Word(&line), &call_id);
  const bool at_position = ToNumber(Word(&line), &position);
  const bool at_index = ToNumber(Word(&line), &log_index);
  const bool at_ordinal = ToNumber(Word(&line), &ordinal);
  if (!wall || !call || !at_position || !at_index || !at_ordinal)
    return bad("a number in front is none");
  const bool hexadecimal = client.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (client.size() != 32 || !hexadecimal) return bad("the client id is not 32 hexadecimal digits");
  out.client_id = absl::HexStringToBytes(ToAbsl(client));
  out.operation.set_callid(call_id);
  out.result.set_position(position);
  out.result.set_logindex(log_index);
  out.result.set_ordinal(ordinal);

  const std::string_view kind = Word(&line);
  const std::optional<std::string> path = UnescapePath(Word(&line));
  if (!path.has_value() || path->empty()) return bad("the path is missing or badly escaped");
  uint32_t wanted = 0;  // fields that such a line must have
  if (kind == "mkdirs") {
    out.operation.mutable_mkdirs()->set_path(*path);
    wanted = 1;
  } else if (kind == "import") {
    out.operation.mutable_importfile()->set_path(*path);
    wanted = 6;
  } else if (kind == "owner") {
    out.operation.mutable_setowner()->set_path(*path);
  } else if (kind == "mode") {
    out.operation.mutable_setpermission()->set_path(*path);
    wanted = 1;
  } else if (kind == "times") {
    out.operation.mutable_settimes()->set_path(*path);
  } else {
    return bad("the operation is not known");
  }
  uint32_t fields = 0;
  while (!line.empty()) {
    const std::string_view word = Word(&line);
    if (word == "!") {
      const std::optional<std::string> exception = UnescapePath(Word(&line));
      const std::optional<std::string> message = UnescapePath(Word(&line));
      if (!exception.has_value() || !message.has_value() || !line.empty())
        return bad("the reason is not whole");
      out.result.set_exceptionclass(*exception);
      out.result.set_message(*message);
      break;
    }
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos ||
        !SetField(word.substr(0, equals), word.substr(equals + 1), &out.operation)) {
      return bad(Concat("'", word, "' does not belong to ", kind));
    }
    if (word.substr(0, equals) != "user" && word.substr(0, equals) != "group") ++fields;
  }
  if (fields < wanted) return bad("fields are missing");
  if ((out.fate == AckRecord::Fate::kRefused) != out.result.has_exceptionclass()) {
    return bad("a reason belongs to refused operations, and to no others");
  }
  return out;
}

absl::StatusOr<std::unique_ptr<AckLogWriter>> AckLogWriter::Create(const std::string& file,
                                                                   std::string_view comment) {
  net::UniqueFd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
  if (!fd.valid()) {
    if (errno == EEXIST) {
      return absl::AlreadyExistsError(Concat(
          file, ": the file exists and is the log of another import; name another, or remove it"));
    }
    return absl::ErrnoToStatus(errno, Concat(file, ": cannot be created"));
  }
  std::unique_ptr<AckLogWriter> out(new AckLogWriter(file, std::move(fd)));
  if (absl::Status written = out->Append(Concat(kHeader, "\n# ", comment, "\n")); !written.ok())
    return written;
  return out;
}

absl::Status AckLogWriter::Append(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = write(fd_.get(), lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::ErrnoToStatus(errno, Concat(file_, ": cannot be written"));
    lines.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status AckLogWriter::Sync() {
  if (fdatasync(fd_.get()) != 0)
    return absl::ErrnoToStatus(errno, Concat(file_, ": cannot be synced"));
  return absl::OkStatus();
}

absl::StatusOr<AckLogSummary> ReadAckLog(const std::string& file,
                                         const std::function<void(const AckRecord&)>& visit) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return absl::NotFoundError(Concat(file, ": cannot be read"));
  AckLogSummary out;
  std::string line;
  uint64_t number = 0;
  while (std::getline(in, line)) {
    ++number;
    // The last line may be cut off: then it says nothing about whether the server's answer was
    // complete.
    if (in.eof()) {
      out.truncated_last_line = true;
      break;
    }
    if (number == 1 && line != kHeader) {
      return absl::DataLossError(Concat(file, ":1: is no acknowledgement log of version 1"));
    }
    if (line.starts_with('#')) continue;
    const absl::StatusOr<AckRecord> record = ParseAckRecord(line);
    if (!record.ok()) {
      return absl::DataLossError(Concat(file, ":", number, ": ", ToStd(record.status().message())));
    }
    ++out.records;
    visit(*record);
  }
  if (in.bad()) return absl::DataLossError(Concat(file, ": reading failed behind line ", number));
  if (number == 0) return absl::DataLossError(Concat(file, ": is empty"));
  return out;
}

}  // namespace jfs::tools
