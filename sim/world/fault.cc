#include "sim/world/fault.h"

#include <array>

namespace jfs::sim {
namespace {

constexpr std::array<std::string_view, kFaultKinds> kNames = {
    "net-drop",      "net-reset",      "net-duplicate", "net-reorder",
    "net-clog",      "net-partition",  "net-half-open", "net-corrupt",
    "crash",         "send-crash",     "pause",         "drain",
    "transfer",      "disk-torn",      "disk-slow",     "disk-hang",
    "disk-error",    "disk-full",      "lying-sync",    "misdirect",
    "rot",           "lost-rename",    "disk-lost",     "state-loss",
    "install-crash", "staged-corrupt", "clock-rate",    "clock-step",
    "ots-outage",    "ots-throttle",   "ots-error",     "ots-late",
    "ots-lost",      "ots-partial"};

}  // namespace

std::string_view FaultName(FaultKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::optional<FaultKind> FaultByName(std::string_view name) {
  for (int i = 0; i < kFaultKinds; ++i) {
    if (kNames[static_cast<size_t>(i)] == name) return static_cast<FaultKind>(i);
  }
  return std::nullopt;
}

bool Destroying(FaultKind kind) {
  switch (kind) {
    case FaultKind::kLyingSync:
    case FaultKind::kMisdirect:
    case FaultKind::kRot:
    case FaultKind::kLostRename:
    case FaultKind::kDiskLost:
      return true;
    default:
      return false;
  }
}

std::string FaultSet::ToString() const {
  std::string text;
  for (int i = 0; i < kFaultKinds; ++i) {
    if (!Has(static_cast<FaultKind>(i))) continue;
    if (!text.empty()) text += ' ';
    text += kNames[static_cast<size_t>(i)];
  }
  return text;
}

}  // namespace jfs::sim
