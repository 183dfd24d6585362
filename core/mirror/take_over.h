#ifndef CORE_MIRROR_TAKE_OVER_H_
#define CORE_MIRROR_TAKE_OVER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "core/mirror/fence.h"
#include "core/mirror/uploader.h"

namespace jfs::mirror {

// What a writer does about the fence as it found it.
struct TakeOver {
  enum class Kind : uint8_t {
    kCreate,      // there is none and there should be: make it, as `after` says
    kChange,      // take it: compare-and-set to `after`
    kClaimed,     // Writer::claim_only, and an earlier leader has done that
    kSuperseded,  // a newer leader of this cluster has it: `problem`
    kRefused,     // it is not this writer's and never will be: `problem`
  };
  Kind kind = Kind::kRefused;
  Fence after;
  std::string problem;  // a sentence, and what to do
};

// `fence`: unset if there is no such row. `end`: how far the own state is. `own_chain`: the chain
// of the own outbox at fence->last; unset if the outbox does not know it. `still_claims`: as below.
TakeOver JudgeFence(const Writer& writer, const std::optional<Fence>& fence, OutboxEnd end,
                    std::optional<uint64_t> own_chain, bool still_claims);

// For messages: what an operator can do about a mirror that is not this cluster's to write.
// `still_claims`: it has been recovered from the mirror and has not claimed it yet. Then it is
// still in recovery, and has no mirror that it could give up.
std::string WaysOut(bool still_claims);

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_TAKE_OVER_H_
