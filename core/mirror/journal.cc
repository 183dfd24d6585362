#include "core/mirror/journal.h"

#include <zstd.h>

#include <memory>

#include "absl/status/status.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/concat.h"

namespace jfs::mirror {
namespace {

// Zstandard's own default: the next ones cost twice the time for a few percent.
constexpr int kLevel = 3;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

void Set(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  const size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
  CHECK(ZSTD_isError(result) == 0) << ZSTD_getErrorName(result);
}

}  // namespace

std::string PackRun(std::span<const std::string> rows) {
  std::string plain;
  Encoder out(&plain);
  out.Varint(rows.size());
  for (const std::string& row : rows) out.Bytes(row);

  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  CHECK(context != nullptr) << "no memory for compressing a run of " << plain.size() << " bytes";
  Set(context.get(), ZSTD_c_compressionLevel, kLevel);
  Set(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const size_t size =
      ZSTD_compress2(context.get(), packed.data(), packed.size(), plain.data(), plain.size());
  CHECK(ZSTD_isError(size) == 0) << ZSTD_getErrorName(size);
  packed.resize(size);
  return packed;
}

absl::StatusOr<std::vector<std::string>> UnpackRun(std::string_view packed, uint64_t max_bytes) {
  const auto damaged = [&](std::string_view problem) {
    return absl::DataLossError(
        Concat("a journal run of ", packed.size(), " bytes is damaged: ", problem));
  };
  const unsigned long long announced = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (announced == ZSTD_CONTENTSIZE_ERROR || announced == ZSTD_CONTENTSIZE_UNKNOWN) {
    return damaged("it does not begin as a zstd frame that says how long it is unpacked");
  }
  if (announced > max_bytes) {
    return damaged(Concat(announced, " bytes unpacked, and at most ", max_bytes, " are allowed"));
  }
  const size_t frame = ZSTD_findFrameCompressedSize(packed.data(), packed.size());
  if (ZSTD_isError(frame) != 0) return damaged(ZSTD_getErrorName(frame));
  if (frame != packed.size()) return damaged("there is something behind its zstd frame");
  std::string plain(announced, '\0');
  const size_t size = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0) return damaged(ZSTD_getErrorName(size));
  if (size != plain.size()) return damaged("it is not as long unpacked as it says");

  Decoder in(plain);
  std::vector<std::string> rows;
  const uint64_t count = in.VarintUpTo(plain.size());
  for (uint64_t i = 0; i < count && in.ok(); ++i) rows.emplace_back(in.Bytes());
  if (!in.Done()) return damaged("what it holds is no list of rows");
  return rows;
}

std::vector<std::string_view> CutIntoParts(std::string_view packed, uint64_t part_bytes) {
  CHECK_GT(part_bytes, 0u);
  std::vector<std::string_view> parts;
  do {
    parts.push_back(packed.substr(0, part_bytes));
    packed.remove_prefix(parts.back().size());
  } while (!packed.empty());
  return parts;
}

}  // namespace jfs::mirror
