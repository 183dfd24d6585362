#ifndef CORE_BASE_LOOKUP_MAP_H_
#define CORE_BASE_LOOKUP_MAP_H_

#include "absl/container/flat_hash_map.h"

namespace jfs {

// A hash map that can be looked up and changed, but not walked. Its order differs from process to
// process (Abseil's hash takes an address into account), so anything that depended on it would
// differ between two runs of one seed and between two nodes. Here that does not compile, which
// makes a hash map harmless in pure code; //tests/layers lets no other file of core include one.
//
// Names and meanings are those of absl::flat_hash_map: inserting invalidates iterators and
// references. An iterator is for reading and erasing the element it was found for, never for going
// on to the next.
template <typename Key, typename Value>
class LookupMap : private absl::flat_hash_map<Key, Value> {
  using Base = absl::flat_hash_map<Key, Value>;

 public:
  using Base::Base;
  using typename Base::const_iterator;
  using typename Base::iterator;

  using Base::at;
  using Base::clear;
  using Base::contains;
  using Base::emplace;
  using Base::empty;
  using Base::end;
  using Base::erase;
  using Base::find;
  using Base::insert_or_assign;
  using Base::reserve;
  using Base::size;
  using Base::try_emplace;
  using Base::operator[];
};

}  // namespace jfs

#endif  // CORE_BASE_LOOKUP_MAP_H_
