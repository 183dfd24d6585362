#include "core/ots/plain_buffer.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"

#include "core/base/concat.h"
#include "core/ots/crc8.h"

namespace jfs::ots {
namespace {

constexpr uint32_t kHeader = 0x75;

enum Tag : uint8_t {
  kRowKey = 0x01,
  kRowData = 0x02,
  kCell = 0x03,
  kCellName = 0x04,
  kCellValue = 0x05,
  kCellOperation = 0x06,
  kCellTimestamp = 0x07,
  kDeleteMarker = 0x08,
  kRowChecksum = 0x09,
  kCellChecksum = 0x0A,
  kExtension = 0x0B,
  kSequence = 0x0C,
  kSequenceEpoch = 0x0D,
  kSequenceTimestamp = 0x0E,
  kSequenceRowIndex = 0x0F,
};

void PutByte(uint8_t byte, std::string* out) { out->push_back(static_cast<char>(byte)); }

void PutLittleEndian(uint64_t number, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) PutByte(static_cast<uint8_t>(number >> (8 * i)), out);
}

void PutString(std::string_view bytes, std::string* out) {
  PutLittleEndian(bytes.size(), 4, out);
  out->append(bytes);
}

void PutValue(const Value& value, std::string* out) {
  PutByte(static_cast<uint8_t>(value.type()), out);
  switch (value.type()) {
    case ValueType::kInteger:
      PutLittleEndian(static_cast<uint64_t>(value.integer()), 8, out);
      break;
    case ValueType::kDouble:
      PutLittleEndian(std::bit_cast<uint64_t>(value.real()), 8, out);
      break;
    case ValueType::kBoolean:
      PutByte(value.boolean() ? 1 : 0, out);
      break;
    case ValueType::kString:
    case ValueType::kBlob:
      PutString(value.bytes(), out);
      break;
    case ValueType::kInfMin:
    case ValueType::kInfMax:
    case ValueType::kAutoIncrement:
      break;
  }
}

// The cell's checksum covers name, value, timestamp, operation in that order, although on the wire
// the operation stands before the timestamp.
uint8_t CellChecksum(std::string_view name, std::string_view value,
                     const std::optional<int64_t>& timestamp, CellOperation operation) {
  uint8_t crc = Crc8(Crc8(0, name), value);
  std::string rest;
  if (timestamp.has_value()) PutLittleEndian(static_cast<uint64_t>(*timestamp), 8, &rest);
  if (operation != CellOperation::kPut) PutByte(static_cast<uint8_t>(operation), &rest);
  return Crc8(crc, rest);
}

// Appends a cell and returns its checksum.
uint8_t PutCell(std::string_view name, const Value* value, CellOperation operation,
                const std::optional<int64_t>& timestamp, std::string* out) {
  PutByte(kCell, out);
  PutByte(kCellName, out);
  PutString(name, out);
  std::string encoded;
  if (value != nullptr) {
    PutValue(*value, &encoded);
    PutByte(kCellValue, out);
    PutString(encoded, out);
  }
  if (operation != CellOperation::kPut) {
    PutByte(kCellOperation, out);
    PutByte(static_cast<uint8_t>(operation), out);
  }
  if (timestamp.has_value()) {
    PutByte(kCellTimestamp, out);
    PutLittleEndian(static_cast<uint64_t>(*timestamp), 8, out);
  }
  const uint8_t crc = CellChecksum(name, encoded, timestamp, operation);
  PutByte(kCellChecksum, out);
  PutByte(crc, out);
  return crc;
}

uint8_t AddByte(uint8_t crc, uint8_t byte) {
  const char one = static_cast<char>(byte);
  return Crc8(crc, std::string_view(&one, 1));
}

void PutSequence(const StreamSequence& sequence, std::string* out) {
  std::string inner;
  PutByte(kSequenceEpoch, &inner);
  PutLittleEndian(sequence.epoch, 4, &inner);
  PutByte(kSequenceTimestamp, &inner);
  PutLittleEndian(static_cast<uint64_t>(sequence.timestamp), 8, &inner);
  PutByte(kSequenceRowIndex, &inner);
  PutLittleEndian(sequence.row_index, 4, &inner);
  std::string extension;
  PutByte(kSequence, &extension);
  PutString(inner, &extension);
  PutByte(kExtension, out);
  PutString(extension, out);
}

void PutRow(const PrimaryKey& key, std::span<const Cell> cells, bool delete_marker,
            const std::optional<StreamSequence>& sequence, std::string* out) {
  uint8_t crc = 0;
  PutByte(kRowKey, out);
  for (const KeyColumn& column : key) {
    const uint8_t cell =
        PutCell(column.name, &column.value, CellOperation::kPut, std::nullopt, out);
    crc = AddByte(crc, cell);
  }
  if (!cells.empty()) PutByte(kRowData, out);
  for (const Cell& cell : cells) {
    const Value* const value = cell.value.has_value() ? &*cell.value : nullptr;
    const uint8_t checksum = PutCell(cell.name, value, cell.operation, cell.timestamp, out);
    crc = AddByte(crc, checksum);
  }
  if (delete_marker) PutByte(kDeleteMarker, out);
  if (sequence.has_value()) PutSequence(*sequence, out);
  PutByte(kRowChecksum, out);
  PutByte(AddByte(crc, delete_marker ? 1 : 0), out);
}

// Reads elements and remembers the first thing that was wrong; after it everything reads as zero.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return problem_.empty(); }
  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }
  bool NextIs(uint8_t tag) const {
    return ok() && left() > 0 && static_cast<uint8_t>(bytes_[at_]) == tag;
  }
  bool Accept(uint8_t tag) {
    if (!NextIs(tag)) return false;
    ++at_;
    return true;
  }
  void Expect(uint8_t tag, std::string_view what) {
    if (!Accept(tag)) Fail(Concat("expected ", what));
  }
  std::string_view Take(uint64_t size, std::string_view what) {
    if (!ok()) return {};
    if (size > left()) {
      Fail(Concat(what, " of ", size, " bytes, but only ", left(), " are left"));
      return {};
    }
    const std::string_view out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }
  uint64_t LittleEndian(int size, std::string_view what) {
    uint64_t number = 0;
    const std::string_view raw = Take(static_cast<uint64_t>(size), what);
    for (size_t i = 0; i < raw.size(); ++i) {
      number |= static_cast<uint64_t>(static_cast<uint8_t>(raw[i])) << (8 * i);
    }
    return number;
  }
  uint8_t Byte(std::string_view what) { return static_cast<uint8_t>(LittleEndian(1, what)); }
  std::string_view String(std::string_view what) { return Take(LittleEndian(4, what), what); }
  std::string_view Rest() const { return bytes_.substr(at_); }
  void Fail(const std::string& problem) {
    if (ok()) problem_ = Concat("PlainBuffer at byte ", at_, ": ", problem);
  }
  absl::Status status() const { return ok() ? absl::OkStatus() : absl::DataLossError(problem_); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  std::string problem_;
};

Value TakeValue(Reader& in) {
  const auto type = static_cast<ValueType>(in.Byte("the type of a value"));
  switch (type) {
    case ValueType::kInteger:
      return Value::Integer(static_cast<int64_t>(in.LittleEndian(8, "an integer")));
    case ValueType::kDouble:
      return Value::Double(std::bit_cast<double>(in.LittleEndian(8, "a double")));
    case ValueType::kBoolean: {
      const uint8_t truth = in.Byte("a boolean");
      if (truth > 1) in.Fail(Concat("a boolean is 0 or 1, not ", int{truth}));
      return Value::Boolean(truth == 1);
    }
    case ValueType::kString:
      return Value::String(std::string(in.String("a string")));
    case ValueType::kBlob:
      return Value::Blob(std::string(in.String("a blob")));
    case ValueType::kInfMin:
      return Value::InfMin();
    case ValueType::kInfMax:
      return Value::InfMax();
    case ValueType::kAutoIncrement:
      return Value::AutoIncrement();
  }
  in.Fail(Concat("no value has type ", int{static_cast<uint8_t>(type)}));
  return {};
}

bool IsOperation(uint8_t byte) {
  return byte == static_cast<uint8_t>(CellOperation::kDeleteAllVersions) ||
         byte == static_cast<uint8_t>(CellOperation::kDeleteOneVersion) ||
         byte == static_cast<uint8_t>(CellOperation::kIncrement);
}

// A cell behind its tag, and its checksum, which matched.
Cell TakeCell(Reader& in, uint8_t* checksum) {
  Cell cell;
  in.Expect(kCellName, "the name of a cell");
  cell.name = std::string(in.String("the name of a cell"));
  std::string_view encoded;
  if (in.Accept(kCellValue)) {
    encoded = in.String("a value");
    Reader inner(encoded);
    cell.value = TakeValue(inner);
    if (!inner.ok()) in.Fail(Concat("in a value: ", inner.status().message()));
    if (inner.ok() && inner.left() > 0) {
      in.Fail(Concat(inner.left(), " bytes too many in a value"));
    }
  }
  if (in.Accept(kCellOperation)) {
    const uint8_t byte = in.Byte("the operation of a cell");
    if (!IsOperation(byte)) in.Fail(Concat("no cell operation has number ", int{byte}));
    cell.operation = static_cast<CellOperation>(byte);
  }
  if (in.Accept(kCellTimestamp)) {
    cell.timestamp = static_cast<int64_t>(in.LittleEndian(8, "a timestamp"));
  }
  in.Expect(kCellChecksum, "the checksum of a cell");
  *checksum = in.Byte("the checksum of a cell");
  if (in.ok()) {
    const uint8_t want = CellChecksum(cell.name, encoded, cell.timestamp, cell.operation);
    if (want != *checksum) {
      in.Fail(Concat("the checksum of cell '", cell.name, "' is ", int{*checksum}, ", computed ",
                     int{want}));
    }
  }
  return cell;
}

StreamSequence TakeSequence(std::string_view bytes, Reader& outer) {
  Reader in(bytes);
  StreamSequence sequence;
  in.Expect(kSequenceEpoch, "an epoch");
  sequence.epoch = static_cast<uint32_t>(in.LittleEndian(4, "an epoch"));
  in.Expect(kSequenceTimestamp, "a sequence's timestamp");
  sequence.timestamp = static_cast<int64_t>(in.LittleEndian(8, "a sequence's timestamp"));
  in.Expect(kSequenceRowIndex, "a row index");
  sequence.row_index = static_cast<uint32_t>(in.LittleEndian(4, "a row index"));
  if (in.ok() && in.left() > 0) in.Fail("bytes too many in a sequence");
  if (!in.ok()) outer.Fail(Concat("in an extension: ", in.status().message()));
  return sequence;
}

// Unknown parts of an extension are skipped: newer services may have more of them.
void TakeExtension(Reader& outer, Row* row) {
  Reader in(outer.String("an extension"));
  while (in.ok() && in.left() > 0) {
    const bool sequence = in.Accept(kSequence);
    if (!sequence) in.Byte("the tag of an extension");
    const std::string_view part = in.String("part of an extension");
    if (sequence && in.ok()) row->sequence = TakeSequence(part, outer);
  }
  if (!in.ok()) outer.Fail(Concat("in an extension: ", in.status().message()));
}

Row TakeRow(Reader& in) {
  Row row;
  uint8_t crc = 0;
  in.Expect(kRowKey, "the key of a row");
  while (in.Accept(kCell)) {
    uint8_t checksum = 0;
    Cell cell = TakeCell(in, &checksum);
    crc = AddByte(crc, checksum);
    if (!cell.value.has_value() || cell.operation != CellOperation::kPut || cell.timestamp) {
      in.Fail("a key column has a value, and neither operation nor timestamp");
      return row;
    }
    row.primary_key.push_back({std::move(cell.name), *std::move(cell.value)});
  }
  if (in.Accept(kRowData)) {
    while (in.Accept(kCell)) {
      uint8_t checksum = 0;
      row.cells.push_back(TakeCell(in, &checksum));
      crc = AddByte(crc, checksum);
    }
  }
  row.delete_marker = in.Accept(kDeleteMarker);
  if (in.Accept(kExtension)) TakeExtension(in, &row);
  in.Expect(kRowChecksum, "the checksum of a row");
  const uint8_t checksum = in.Byte("the checksum of a row");
  const uint8_t want = AddByte(crc, row.delete_marker ? 1 : 0);
  if (in.ok() && checksum != want) {
    in.Fail(Concat("the checksum of a row is ", int{checksum}, ", computed ", int{want}));
  }
  return row;
}

}  // namespace

std::string EncodeRow(const Row& row) { return EncodeRows(std::span(&row, 1)); }

std::string EncodeKey(const PrimaryKey& key) {
  std::string out;
  PutLittleEndian(kHeader, 4, &out);
  PutRow(key, {}, false, std::nullopt, &out);
  return out;
}

std::string EncodeRows(std::span<const Row> rows) {
  std::string out;
  if (rows.empty()) return out;
  PutLittleEndian(kHeader, 4, &out);
  for (const Row& row : rows) {
    PutRow(row.primary_key, row.cells, row.delete_marker, row.sequence, &out);
  }
  return out;
}

absl::StatusOr<std::vector<Row>> DecodeRows(std::string_view bytes) {
  std::vector<Row> rows;
  if (bytes.empty()) return rows;
  Reader in(bytes);
  const uint64_t header = in.LittleEndian(4, "the header");
  if (in.ok() && header != kHeader) in.Fail(Concat("the header is ", header, ", not ", kHeader));
  while (in.NextIs(kRowKey)) rows.push_back(TakeRow(in));
  if (in.ok() && in.Rest().find_first_not_of('\0') != std::string_view::npos) {
    in.Fail("expected a row or the end");
  }
  if (!in.ok()) return in.status();
  return rows;
}

absl::StatusOr<Row> DecodeRow(std::string_view bytes) {
  absl::StatusOr<std::vector<Row>> rows = DecodeRows(bytes);
  if (!rows.ok()) return rows.status();
  if (rows->size() != 1) {
    return absl::DataLossError(Concat("PlainBuffer: ", rows->size(), " rows where one belongs"));
  }
  return std::move(rows->front());
}

std::string EncodeBareValue(const Value& value) {
  std::string out;
  PutValue(value, &out);
  return out;
}

absl::StatusOr<Value> DecodeBareValue(std::string_view bytes) {
  Reader in(bytes);
  Value value = TakeValue(in);
  if (in.ok() && in.left() > 0) in.Fail(Concat(in.left(), " bytes too many behind a value"));
  if (!in.ok()) return in.status();
  return value;
}

}  // namespace jfs::ots
