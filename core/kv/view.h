#ifndef CORE_KV_VIEW_H_
#define CORE_KV_VIEW_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

// An ordered map of byte strings to byte strings, as the namespace sees its state. Keys order as
// unsigned bytes.
namespace jfs::kv {

// Walks keys in order. Views returned live until the iterator moves or dies.
class Iterator {
 public:
  virtual ~Iterator() = default;
  // True while positioned on an entry. After an error false for ever: ask status().
  virtual bool Valid() const = 0;
  // To the next entry. REQUIRES: Valid().
  virtual void Next() = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // Not OK if the walk ended early because of a read error. Check it when Valid() turns false: an
  // error is terminal for the caller, never "no more entries".
  virtual absl::Status status() const = 0;
};

// A state at one moment. Nothing changes it while a caller uses it, except through the caller
// itself.
class View {
 public:
  virtual ~View() = default;
  // Sets *found, and *value if found. A read error is a status, never "not found".
  virtual absl::Status Get(std::string_view key, std::string* value, bool* found) const = 0;
  // Positions on the first key >= lower and ends before `upper` (empty: no upper end).
  virtual std::unique_ptr<Iterator> Scan(std::string_view lower, std::string_view upper) const = 0;
};

}  // namespace jfs::kv

#endif  // CORE_KV_VIEW_H_
