#ifndef OTS_MOCK_ENGINE_FILTER_MATCH_H_
#define OTS_MOCK_ENGINE_FILTER_MATCH_H_

#include <span>

#include "core/ots/filter.h"
#include "core/ots/row.h"

namespace jfs::ots_mock {

// Whether a row with these cells (sorted by name, newest version first) satisfies `filter`. Values
// of different types satisfy no comparison. A pagination is always satisfied: it selects.
bool Matches(const ots::Filter& filter, std::span<const ots::Cell> cells);

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_ENGINE_FILTER_MATCH_H_
