#ifndef CORE_BASE_IDENTITY_H_
#define CORE_BASE_IDENTITY_H_

#include <cstdint>

#include "core/base/strong_int.h"

namespace jfs {

// Position of a master in the initial configuration, counted from 1. NodeId{} is nobody.
using NodeId = StrongInt<struct NodeIdTag>;

// Drawn once when a master first starts on an empty disk and kept with the disk: the same node with
// another incarnation has lost what it had promised. Incarnation{} is "none yet".
using Incarnation = StrongInt<struct IncarnationTag>;

// Drawn by the masters that form the cluster. ClusterId{} is "not formed".
using ClusterId = StrongInt<struct ClusterIdTag>;

}  // namespace jfs

#endif  // CORE_BASE_IDENTITY_H_
