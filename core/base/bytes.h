#ifndef CORE_BASE_BYTES_H_
#define CORE_BASE_BYTES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace jfs {

// Immutable bytes with shared ownership: a command is encoded once and then travels from the client
// call through log, network and apply without a copy. A slice keeps the whole buffer alive.
// Copying is cheap. Distinct copies may be used by different threads.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(std::string bytes)
      : owner_(std::make_shared<const std::string>(std::move(bytes))), view_(*owner_) {}

  // The part [offset, offset + size) of `whole`. REQUIRES: it lies inside.
  static SharedBytes Slice(const SharedBytes& whole, size_t offset, size_t size) {
    SharedBytes part;
    part.owner_ = whole.owner_;
    part.view_ = whole.view_.substr(offset, size);
    return part;
  }

  std::string_view view() const { return view_; }
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }

  friend bool operator==(const SharedBytes& a, const SharedBytes& b) { return a.view_ == b.view_; }

 private:
  std::shared_ptr<const std::string> owner_;
  std::string_view view_;
};

}  // namespace jfs

#endif  // CORE_BASE_BYTES_H_
