#ifndef CORE_BASE_CODEC_H_
#define CORE_BASE_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace jfs {

// Writes the primitive encodings that all our formats share. Fixed-width integers are big-endian,
// so that encoded keys sort like their numbers. Varints are little-endian base 128, at most 10
// bytes. A byte string is its varint length followed by its bytes.
class Encoder {
 public:
  // Appends to `out`, which must outlive the encoder.
  explicit Encoder(std::string* out) : out_(out) {}

  void U8(uint8_t v) { out_->push_back(static_cast<char>(v)); }
  void U16(uint16_t v);
  void U32(uint32_t v);
  void U64(uint64_t v);
  void Varint(uint64_t v);
  void Bool(bool v) { U8(v ? 1 : 0); }
  void Bytes(std::string_view v);  // length, then bytes
  void Raw(std::string_view v) { out_->append(v); }

 private:
  std::string* out_;
};

// Reads what Encoder wrote, from bytes that may be anything. After the first failure every read
// returns zero or empty and ok() stays false, so a caller may decode a whole record and ask once.
// Returned views point into the input.
class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  uint8_t U8();
  uint16_t U16();
  uint32_t U32();
  uint64_t U64();
  uint64_t Varint();         // fails on more than 10 bytes, overflow, or a longer form than needed
  bool Bool();               // fails on anything but 0 and 1
  std::string_view Bytes();  // fails if fewer bytes are left than announced
  std::string_view Raw(uint64_t size);

  // Varint that must not exceed `max`: use it for counts and enums.
  uint64_t VarintUpTo(uint64_t max);

  void Fail() { ok_ = false; }
  bool ok() const { return ok_; }
  std::string_view rest() const { return ok_ ? in_ : std::string_view(); }
  // True if nothing failed and nothing is left over.
  bool Done() const { return ok_ && in_.empty(); }

 private:
  bool Take(uint64_t size, std::string_view* out);

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace jfs

#endif  // CORE_BASE_CODEC_H_
